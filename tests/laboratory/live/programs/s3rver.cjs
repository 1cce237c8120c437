// s3rver with one bucket, on loopback: its package ships no program of its own. Arguments: port, folder, bucket.
const S3rver = require("@20minutes/s3rver");
const [port, directory, bucket] = process.argv.slice(2);
new S3rver({
  address: "127.0.0.1", port: Number(port), directory, silent: true, vhostBuckets: false, configureBuckets: [{ name: bucket }],
}).run().catch((error) => { console.error(error); process.exit(1); });
