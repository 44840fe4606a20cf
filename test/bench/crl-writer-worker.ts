/** Does what `openssl ca -gencrl` does: reads index.txt, key and certificate, writes a signed CRL. */
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { parseCertificate } from "#pki/certificate.ts";
import { prepareCrl } from "#pki/crl/write.ts";
import { signatureAlgorithms } from "#pki/signature.ts";
import { attachSignature } from "#pki/unsigned.ts";
import { readIndexTxt } from "./crl-openssl.ts";

const folder = process.argv[2] as string;
const thisUpdate = new Date();
const unsigned = prepareCrl({
  issuer: parseCertificate(readFileSync(`${folder}/issuer.der`)),
  number: 1,
  thisUpdate,
  nextUpdate: new Date(thisUpdate.getTime() + 86_400_000),
  entries: readIndexTxt(readFileSync(`${folder}/index.txt`, "latin1")),
});
const key = createPrivateKey(readFileSync(`${folder}/key.pem`));
const signature = sign(signatureAlgorithms[unsigned.algorithm].hash, unsigned.tbs, key);
writeFileSync(`${folder}/ours.crl`, attachSignature(unsigned, signature));
