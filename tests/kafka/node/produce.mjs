// `node produce.mjs BROKERS TOPIC KEY`: sends each line of stdin, as a kafkajs user would.
import { readFileSync } from "node:fs";
import { Kafka, Partitioners, logLevel } from "kafkajs";

const [brokers, topic, key] = process.argv.slice(2);
const values = readFileSync(0, "utf8").split("\n").filter(Boolean);
const kafka = new Kafka({ brokers: brokers.split(","), logLevel: logLevel.ERROR });
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
await producer.connect();
await producer.send({ topic, messages: values.map((value) => ({ key, value })) });
await producer.disconnect();
