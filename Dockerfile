# One image for the API, the worker and the migrations: docker build -t geo-assign .
FROM node:22-bookworm-slim AS console
WORKDIR /src/geo_assign/console/web
COPY geo_assign/console/web/package.json geo_assign/console/web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY geo_assign/console/web ./
RUN npm run build

FROM python:3.11-slim-bookworm AS wheels
WORKDIR /src
COPY pyproject.toml setup.cfg README.md LICENSE ./
COPY migrations migrations
COPY geo_assign geo_assign
COPY --from=console /src/geo_assign/console/dist geo_assign/console/dist
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.11-slim-bookworm
COPY --from=wheels /wheels /wheels
RUN pip install --no-cache-dir --no-index --find-links /wheels geo-assign && rm -rf /wheels \
    && useradd --system --uid 10001 --no-create-home geo-assign
USER 10001
ENV GEO_ASSIGN_HOST=0.0.0.0 GEO_ASSIGN_PORT=8080 PYTHONUNBUFFERED=1
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/health/live', timeout=4)"]
ENTRYPOINT ["geo-assign"]
CMD ["serve"]
