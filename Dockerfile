# svc as the init of a container. A project's own image begins with `FROM` this one, or takes its last lines over: the README,
# "In a container".
ARG NODE=22-slim

FROM node:${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
COPY .ci ./.ci
COPY src ./src
# Builds, too: that is the package's `prepare`. TypeScript stays as an optional peer of valibot, which needs none to run.
RUN npm ci && npm prune --omit=dev --ignore-scripts && rm -rf node_modules/typescript node_modules/@typescript

FROM node:${NODE}
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY bin ./bin
RUN ln -s /app/bin/svc.js /usr/local/bin/svc && ln -s /app/bin/svc-init /usr/local/bin/svc-init
# Here the project goes, with its services.ts.
WORKDIR /srv
USER node
# Nothing is written but to /tmp: `docker run --read-only --tmpfs /tmp` will do.
ENTRYPOINT ["svc", "start"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["svc", "health"]
