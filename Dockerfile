# The gateway as an image: its own files and what they need at run time, nothing else.
#
#   docker build -t latchkey .
#   docker run --read-only --cap-drop ALL -v $PWD:/config:ro -v latchkey:/data -p 127.0.0.1:8080:8080 latchkey
#
# The folder of the site file is mounted, since keys, certificates and profiles stand beside it. In the site file: `dataDir: /data`, and `api: { listen: 0.0.0.0:8080, plaintext: accepted }` so that the published port
# reaches it (`tls:` instead of `plaintext:` with a certificate below /config). A folder mounted on /data must belong to user 1000. One gateway at a time holds it.

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# What the gateway needs is a dependency. The optional ones carry Node itself, which the image has. Install scripts do not run (.npmrc). An image of Node that is too old ends here.
RUN npm ci --omit=dev --omit=optional --engine-strict

FROM node:24-slim AS files
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json LICENSE ./
COPY adapters ./adapters
COPY config ./config
COPY gateway ./gateway
# A few files without types in dist/, which start in half the time; what builds them stays here.
# Which commit it is: --build-arg LATCHKEY_COMMIT=$(git rev-parse HEAD)
ARG LATCHKEY_COMMIT
RUN npm ci && npm run build && rm -r node_modules
# Whatever the checkout was made with, the user below can read it.
RUN chmod -R a+rX .

FROM node:24-slim
LABEL org.opencontainers.image.title="Latchkey" \
      org.opencontainers.image.description="Edge gateway for shared machines: reads them, meters them, and unlocks them for whoever booked." \
      org.opencontainers.image.licenses="Apache-2.0"
# SQLite spills large sorts to a file: the data folder is the only place that can be written.
ENV NODE_ENV=production \
    SQLITE_TMPDIR=/data \
    LATCHKEY_HEALTH=http://127.0.0.1:8080/health/live
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=files /app ./
RUN mkdir --mode=0700 /data && chown 1000:1000 /data && mkdir /config && \
    mkdir -p node_modules/.cache/latchkey && chown 1000:1000 node_modules/.cache/latchkey
USER 1000:1000
# What each thread loads, compiled for this user: the start finds it there. The two threads end at once, since nobody
# gives them anything to work with.
RUN NODE_COMPILE_CACHE=/app/node_modules/.cache/latchkey node --input-type=module --eval \
    "for (const file of fs.readdirSync('dist')) if (!/^(latchkey|main)/.test(file)) await import('/app/dist/' + file).catch(() => {})"
VOLUME /data
EXPOSE 8080
# Where the site file listens on another port or address, set LATCHKEY_HEALTH.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(process.env.LATCHKEY_HEALTH).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# SIGTERM ends it: it says goodbye to the machines, and those that are unlocked lock by themselves.
# Without the first option SIGUSR1 would open the inspector to every process of this user.
ENTRYPOINT ["node", "--disable-sigusr1", "/app/dist/latchkey.js"]
CMD ["run", "/config/site.yaml"]
