// One request with a JavaScript client: the AWS SDK, its presigner, or aws4. Runs beside the environment `javascript`.
const http = require("http");
const order = JSON.parse(require("fs").readFileSync(0, "utf8"));

async function sdk() {
  const { S3Client, GetObjectCommand, PutObjectCommand, ListObjectsV2Command } = require("@aws-sdk/client-s3");
  const client = new S3Client({
    region: order.region, endpoint: order.endpoint, forcePathStyle: true, maxAttempts: 1,
    credentials: { accessKeyId: order.key_id, secretAccessKey: order.secret, sessionToken: order.token },
  });
  const to = { Bucket: order.bucket, Key: order.key };
  const get = new GetObjectCommand(to);
  if (order.do === "url") {
    const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");
    console.log(JSON.stringify({ url: await getSignedUrl(client, get, { expiresIn: 900 }) }));
    return;
  }
  const command = order.do === "get" ? get
    : order.do === "list" ? new ListObjectsV2Command({ Bucket: order.bucket, Prefix: order.key })
      : new PutObjectCommand({ ...to, Body: order.body });
  await client.send(command).catch((error) => console.error(error));
}

async function aws4() {
  const { RequestSigner } = require("aws4");
  const path = order.do === "list" ? `/?list-type=2&prefix=${encodeURIComponent(order.key)}`
    : "/" + order.key.split("/").map(encodeURIComponent).join("/");
  const request = { host: order.host, path, service: "s3", region: order.region, headers: Object.fromEntries(order.headers) };
  if (order.do === "put") Object.assign(request, { method: "PUT", body: order.body });
  const signer = new RequestSigner(request, { accessKeyId: order.key_id, secretAccessKey: order.secret });
  signer.sign();
  console.error("canonical string:\n" + signer.canonicalString() + "\nstring to sign:\n" + signer.stringToSign());
  const where = new URL(order.endpoint);
  await new Promise((done) => {
    const call = http.request({ host: where.hostname, port: where.port, path: request.path, method: request.method || "GET",
      headers: request.headers }, (answer) => answer.on("data", () => {}).on("end", done));
    call.on("error", done);
    call.end(request.body);
  });
}

(order.client === "aws4" ? aws4() : sdk());
