// The certified OpenID provider of npm on a free port of 127.0.0.1, with one client and a user who logs in and consents
// at once. Says where it is in its first line; then answers each access token on a line with whether it is good.

import http from "node:http";
import { createInterface } from "node:readline";
import Provider from "oidc-provider";

// Standard output is for answers; its advice for production is not needed here.
console.info = console.warn = console.error;

const user = "office@ateliernord.example.com";
const server = http.createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "postroom-under-test",
      client_secret: "the-secret-of-the-client",
      application_type: "native",
      token_endpoint_auth_method: "client_secret_post",
      grant_types: ["authorization_code", "refresh_token"],
      // The port of a native client's loopback redirect is free.
      redirect_uris: ["http://127.0.0.1/callback"],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  cookies: { keys: ["only for tests"] },
  features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, email_verified: true }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  rotateRefreshToken: true,
});

// Logs in, and consents to whatever is asked.
async function interact(request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    const result = { login: { accountId: user } };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
  const known = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant = known ?? new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

const handle = provider.callback();
server.on("request", (request, response) => {
  if (!request.url.startsWith("/interaction/")) return handle(request, response);
  interact(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
});

console.log(JSON.stringify({ issuer }));
for await (const token of createInterface({ input: process.stdin })) {
  const found = await provider.AccessToken.find(token);
  console.log(JSON.stringify(Boolean(found?.isValid)));
}
process.exit(0);
