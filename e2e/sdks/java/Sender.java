// Sends events with Segment's Java SDK, as its standard input says, and tells what the SDK reports of each.
//
// Arguments: the address and the write key, or `version`. Input: `event ID BYTES` and `flush`, one a line. Output: `sent ID`, `failed ID REASON`.

import com.segment.analytics.Analytics;
import com.segment.analytics.Callback;
import com.segment.analytics.messages.Message;
import com.segment.analytics.messages.TrackMessage;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

public class Sender {
  private static final long PATIENCE_MS = 90_000;
  private static final Set<String> open = ConcurrentHashMap.newKeySet();

  private static synchronized void say(String id, String failure) {
    if (!open.remove(id)) return;
    System.out.println(failure == null ? "sent " + id : "failed " + id + " " + failure.replaceAll("\\s+", " "));
    System.out.flush();
  }

  private static String idOf(Message message) {
    return String.valueOf(((TrackMessage) message).properties().get("id"));
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
                    say(idOf(message), null);
                  }

                  @Override
                  public void failure(Message message, Throwable throwable) {
                    say(idOf(message), String.valueOf(throwable));
                  }
                })
            .build();
    BufferedReader reader = new BufferedReader(new InputStreamReader(System.in));
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      String[] words = line.split(" ");
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
    for (long end = System.currentTimeMillis() + PATIENCE_MS; !open.isEmpty() && System.currentTimeMillis() < end; )
      Thread.sleep(100);
    for (String id : open) say(id, "never reported");
    analytics.shutdown();
    System.exit(0);
  }
}
