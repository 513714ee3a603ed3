// Sends events with Segment's Kotlin SDK on the JVM, as its standard input says. It is recorded and not driven otherwise: it reports nothing of an event.
//
// Arguments: the address and the write key, or `version`. Input: `call METHOD JSON` and `flush`, one a line.

import com.segment.analytics.kotlin.core.Analytics;
import com.segment.analytics.kotlin.core.Constants;
import com.segment.analytics.kotlin.core.RequestFactory;
import com.segment.analytics.kotlin.core.compat.ConfigurationBuilder;
import com.segment.analytics.kotlin.core.utilities.InMemoryStorageProvider;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import kotlinx.serialization.json.Json;
import kotlinx.serialization.json.JsonElement;
import kotlinx.serialization.json.JsonObject;
import kotlinx.serialization.json.JsonPrimitive;

public class Sender {
  private static final long PATIENCE_MS = 20_000;

  /** The SDK knows https alone, and goes where the settings send it. */
  private static RequestFactory plain(String address) {
    return new RequestFactory() {
      @Override
      public HttpURLConnection openConnection(String url) {
        return super.openConnection(address + URI.create(url).getRawPath());
      }
    };
  }

  private static String text(JsonObject fields, String name) {
    JsonElement value = fields.get(name);
    return value instanceof JsonPrimitive primitive ? primitive.getContent() : "";
  }

  private static JsonObject object(JsonObject fields, String name) {
    return fields.get(name) instanceof JsonObject value ? value : new JsonObject(java.util.Map.of());
  }

  private static void call(Analytics analytics, String method, JsonObject fields) {
    switch (method) {
      case "alias" -> analytics.alias(text(fields, "userId"), null);
      case "group" -> analytics.group(text(fields, "groupId"), object(fields, "traits"));
      case "identify" -> analytics.identify(text(fields, "userId"), object(fields, "traits"));
      case "screen" -> analytics.screen(text(fields, "name"), object(fields, "properties"));
      case "track" -> analytics.track(text(fields, "event"), object(fields, "properties"));
      // On phones there are no pages.
      default -> {}
    }
  }

  public static void main(String[] args) throws Exception {
    if (args[0].equals("version")) {
      System.out.println(Constants.LIBRARY_VERSION);
      return;
    }
    String host = args[0].replaceAll("^http://", "");
    var configuration =
        new ConfigurationBuilder(args[1])
            .setApplication("recorded")
            .setApiHost(host + "/v1")
            .setCdnHost(host + "/v1")
            .setFlushAt(100)
            .setFlushInterval(0)
            .setRequestFactory(plain(args[0]))
            .build();
    configuration.setStorageProvider(new InMemoryStorageProvider());
    Analytics analytics = new Analytics(configuration);
    BufferedReader reader = new BufferedReader(new InputStreamReader(System.in));
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      String[] words = line.split(" ", 3);
      if (words[0].equals("call"))
        call(analytics, words[1], (JsonObject) Json.Default.parseToJsonElement(words[2]));
      // Calls go through queues of the SDK, which tells no one when they are there, and may overtake each other.
      Thread.sleep(500);
      if (words[0].equals("flush")) analytics.flush();
    }
    Thread.sleep(2_000);
    for (long end = System.currentTimeMillis() + PATIENCE_MS;
        !analytics.pendingUploads().isEmpty() && System.currentTimeMillis() < end; ) Thread.sleep(100);
    System.exit(0);
  }
}
