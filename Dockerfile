# One image for the API, the worker and the migrations: docker build -t geo-assign .
FROM node:22-bookworm-slim AS console
WORKDIR /src/geo_assign/console/web
COPY geo_assign/console/web/package.json geo_assign/console/web/package-lock.json ./
COPY geo_assign/console/web/api-types/package.json api-types/
RUN npm ci --no-audit --no-fund
COPY geo_assign/console/web ./
RUN npm run build

FROM python:3.11-slim-bookworm AS service
RUN python -m venv /opt/geo-assign
WORKDIR /src
COPY config/requirements.lock config/
RUN /opt/geo-assign/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r config/requirements.lock
COPY pyproject.toml setup.cfg README.md LICENSE ./
COPY migrations migrations
COPY geo_assign geo_assign
COPY --from=console /src/geo_assign/console/dist geo_assign/console/dist
RUN /opt/geo-assign/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
COPY --from=service /opt/geo-assign /opt/geo-assign
RUN useradd --system --uid 10001 --no-create-home geo-assign
USER 10001
ENV PATH=/opt/geo-assign/bin:$PATH GEO_ASSIGN_HOST=0.0.0.0 GEO_ASSIGN_PORT=8080 PYTHONUNBUFFERED=1
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/health/live', timeout=4)"]
ENTRYPOINT ["geo-assign"]
CMD ["serve"]
