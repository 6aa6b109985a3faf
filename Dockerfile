# Portcullis on the CPU. docs/docker.md says how to use it and what of this was tried.
#
#   docker build -t portcullis .
#   docker run --rm -p 127.0.0.1:8787:8787 -e PORTCULLIS_UPSTREAM=http://host.docker.internal:11434 portcullis

ARG NODE_VERSION=20

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /app
ENV NODE_LLAMA_CPP_SKIP_DOWNLOAD=true
# The packages first: they change less often than the sources.
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-save --no-audit --no-fund --ignore-scripts --omit=dev
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN node scripts/build.mjs --fast && node scripts/slim-modules.mjs

FROM node:${NODE_VERSION}-bookworm-slim
# tini reaps and passes signals on as process 1; libstdc++ is what the native binding needs.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends libstdc++6 tini \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# 0.0.0.0 is right inside a container only: what is reachable is decided by the ports that are published.
ENV NODE_ENV=production \
  NODE_LLAMA_CPP_SKIP_DOWNLOAD=true \
  PORTCULLIS_HOST=0.0.0.0 \
  PORTCULLIS_PORT=8787
COPY package.json LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY models ./models
COPY taxonomies ./taxonomies
COPY policies ./policies
COPY --from=build /app/dist ./dist
# node:1000 of the base image, as numbers: Kubernetes can check that it is not root.
USER 1000:1000
EXPOSE 8787
# The guard model loads in seconds; a large one from a slow disk may take minutes (/readyz tells).
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORTCULLIS_PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "/app/dist/cli/main.js"]
CMD ["serve"]
