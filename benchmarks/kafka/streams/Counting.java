import static org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Counts events by exchange and round, exactly once: `BROKERS EVENTS COUNTS GROUP FOLDER COMMIT_MS SESSION_MS`.
 *
 * Says `live` once its state is back. The events are keyed by exchange, so that a store beside each partition
 * suffices; the DSL's `groupBy` would send every event through another topic. The rest is as Kafka Streams has it.
 */
public final class Counting {
    private static final String STORE = "counts";
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] given) {
        var topology = new StreamsBuilder();
        topology.addStateStore(Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(STORE), Serdes.String(), Serdes.Long())
                .withCachingEnabled());
        topology.stream(given[1], Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .process(Counter::new, STORE)
                .mapValues(String::valueOf)
                .to(given[2], Produced.with(Serdes.String(), Serdes.String()));
        var streams = new KafkaStreams(topology.build(), settings(given));
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING) {
                System.out.println("live");
            } else if (now == KafkaStreams.State.ERROR) {
                Runtime.getRuntime().halt(1);
            }
        });
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return SHUTDOWN_CLIENT;
        });
        streams.start();
    }

    private static Properties settings(String[] given) {
        var settings = new Properties();
        settings.put("bootstrap.servers", given[0]);
        settings.put("application.id", given[3]);
        settings.put("state.dir", given[4]);
        settings.put("processing.guarantee", "exactly_once_v2");
        settings.put("commit.interval.ms", given[5]);
        settings.put("session.timeout.ms", given[6]);
        settings.put("heartbeat.interval.ms", String.valueOf(Integer.parseInt(given[6]) / 4));
        return settings;
    }

    private static final class Counter extends ContextualProcessor<byte[], byte[], String, Long> {
        @Override
        public void process(Record<byte[], byte[]> event) {
            KeyValueStore<String, Long> counts = context().getStateStore(STORE);
            String name = name(event.value());
            Long known = counts.get(name);
            long count = known == null ? 1 : known + 1;
            counts.put(name, count);
            context().forward(event.withKey(name).withValue(count));
        }

        private static String name(byte[] event) {
            try {
                JsonNode members = JSON.readTree(event);
                return members.get("exchange").asText() + "/" + members.path("round").asText();
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        }
    }
}
