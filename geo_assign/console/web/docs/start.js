// A cookie session wants its CSRF token on every change; a user who is logged in to the console can try calls here.
let csrfToken = null;

async function withCsrf(request) {
  const unsafe = !["GET", "HEAD", "OPTIONS"].includes((request.method ?? "GET").toUpperCase());
  if (!unsafe || request.headers?.Authorization) return request;
  csrfToken ??= await fetch("/v1/me").then((answer) => (answer.ok ? answer.json() : {})).then((me) => me.csrf_token ?? null);
  if (csrfToken) request.headers["X-CSRF-Token"] = csrfToken;
  return request;
}

window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  // Who may call, and the codes of problems.
  showExtensions: true,
  tryItOutEnabled: true,
  // The validator is a service elsewhere; nothing here leaves this host.
  validatorUrl: null,
  requestInterceptor: withCsrf,
});
