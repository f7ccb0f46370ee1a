# The image of web, workers, beat and migrate. Its steps are the Makefile's; the process is never root.
FROM python:3.11-slim-bookworm

RUN apt-get update \
 && apt-get install -y --no-install-recommends make \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 countersign \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/countersign countersign \
 && install -d -o 10001 -g 10001 -m 0700 /var/lib/countersign

WORKDIR /app
COPY Makefile requirements.lock ./
COPY tools/make_venv.sh tools/install_lock.sh tools/
RUN make install

COPY . .
# What is in the image, for whoever has to know: /app/dist/countersign.cdx.json
RUN .venv/bin/python tools/sbom.py
ENV PATH=/app/.venv/bin:$PATH \
    COUNTERSIGN_HOME=/var/lib/countersign \
    HOST=0.0.0.0 \
    PORT=8000 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

USER 10001:10001
VOLUME /var/lib/countersign
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-m", "supervision.probe", "/readyz"]
CMD ["python", "manage.py", "serve"]
