// Sends events with Segment's Java SDK, as its standard input says, and tells what the SDK reports of each.
//
// Arguments: the address and the write key, or `version`. Input: `event ID BYTES`, `call METHOD JSON` and `flush`, one a line. Output: `sent ID`, `failed ID REASON`.

import com.segment.analytics.Analytics;
import com.segment.analytics.Callback;
import com.google.gson.Gson;
import com.segment.analytics.messages.AliasMessage;
import com.segment.analytics.messages.GroupMessage;
import com.segment.analytics.messages.IdentifyMessage;
import com.segment.analytics.messages.Message;
import com.segment.analytics.messages.MessageBuilder;
import com.segment.analytics.messages.PageMessage;
import com.segment.analytics.messages.ScreenMessage;
import com.segment.analytics.messages.TrackMessage;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

public class Sender {
  private static final long PATIENCE_MS = 90_000;
  private static final Set<String> open = ConcurrentHashMap.newKeySet();

  private static synchronized void say(String id, String failure) {
    if (!open.remove(id)) return;
    System.out.println(failure == null ? "sent " + id : "failed " + id + " " + failure.replaceAll("\\s+", " "));
    System.out.flush();
  }

  private static final AtomicInteger calls = new AtomicInteger();

  private static void end(Message message, String failure) {
    if (message instanceof TrackMessage track && track.properties().containsKey("id"))
      say(String.valueOf(track.properties().get("id")), failure);
    else calls.decrementAndGet();
  }

  /** One of the SDK's messages, by the name of its method. */
  @SuppressWarnings("unchecked")
  private static MessageBuilder<?, ?> read(String method, String text) {
    Map<String, Object> fields = new Gson().fromJson(text, Map.class);
    Map<String, Object> properties = (Map<String, Object>) fields.get("properties");
    Map<String, Object> traits = (Map<String, Object>) fields.get("traits");
    String name = (String) fields.get("name");
    MessageBuilder<?, ?> builder =
        switch (method) {
          case "alias" -> AliasMessage.builder((String) fields.get("previousId"));
          case "group" -> GroupMessage.builder((String) fields.get("groupId")).traits(traits);
          case "identify" -> IdentifyMessage.builder().traits(traits);
          case "page" -> PageMessage.builder(name).properties(properties);
          case "screen" -> ScreenMessage.builder(name).properties(properties);
          default -> TrackMessage.builder((String) fields.get("event")).properties(properties);
        };
    return builder.userId((String) fields.get("userId"));
  }

  public static void main(String[] args) throws Exception {
    if (args[0].equals("version")) {
      String jar = Analytics.class.getProtectionDomain().getCodeSource().getLocation().getPath();
      System.out.println(jar.replaceAll(".*/analytics-|\\.jar$", ""));
      return;
    }
    Analytics analytics =
        Analytics.builder(args[1])
            .setUploadURL(args[0] + "/v1/import/")
            .callback(
                new Callback() {
                  @Override
                  public void success(Message message) {
                    end(message, null);
                  }

                  @Override
                  public void failure(Message message, Throwable throwable) {
                    end(message, String.valueOf(throwable));
                  }
                })
            .build();
    BufferedReader reader = new BufferedReader(new InputStreamReader(System.in));
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      String[] words = line.split(" ");
      if (words[0].equals("call")) {
        calls.incrementAndGet();
        analytics.enqueue(read(words[1], line.split(" ", 3)[2]));
      }
      if (!words[0].equals("event")) continue;
      String id = words[1];
      open.add(id);
      Map<String, Object> properties = new HashMap<>();
      properties.put("id", id);
      properties.put("filling", "ä".repeat(Integer.parseInt(words[2]) / 2));
      try {
        analytics.enqueue(
            TrackMessage.builder("Größe gewählt").userId(id.split("/")[0]).messageId(id).properties(properties));
      } catch (RuntimeException error) {
        say(id, error.toString());
      }
    }
    analytics.flush();
    // What is retried is under way still, and a shutdown would end it.
    for (long end = System.currentTimeMillis() + PATIENCE_MS;
        (!open.isEmpty() || calls.get() > 0) && System.currentTimeMillis() < end; )
      Thread.sleep(100);
    for (String id : open) say(id, "never reported");
    analytics.shutdown();
    System.exit(0);
  }
}
