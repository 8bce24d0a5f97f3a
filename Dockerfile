# syntax=docker/dockerfile:1
# For builds that repeat byte by byte name the base by its digest: --build-arg PYTHON=python:3.13-slim@sha256:...
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS build
COPY requirements.lock /build/
# Nothing but what the lock names, each file with its hash, and no code of a package is run to build it.
RUN python -m venv --without-pip /opt/venv \
 && pip --python /opt/venv/bin/python install --no-cache-dir --disable-pip-version-check \
      --require-hashes --only-binary :all: -r /build/requirements.lock \
 && find /opt/venv -type d -name tests -prune -exec rm -r {} + \
 && rm -r /opt/venv/lib/python3.*/site-packages/pyarrow/include
COPY alerts /opt/cascadewatch/alerts
COPY cascadewatch /opt/cascadewatch/cascadewatch
COPY collectors /opt/cascadewatch/collectors
COPY dashboard /opt/cascadewatch/dashboard
COPY migrations /opt/cascadewatch/migrations
COPY LICENSE /opt/cascadewatch/
RUN python -m compileall -q /opt/cascadewatch \
 && printf '%s\n' '#!/opt/venv/bin/python' 'from cascadewatch.cli import main' 'main()' > /opt/venv/bin/cascadewatch \
 && chmod 755 /opt/venv/bin/cascadewatch

FROM ${PYTHON}
COPY --from=build /opt /opt
RUN groupadd --system --gid 10001 cascadewatch \
 && useradd --system --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin cascadewatch \
 && install --directory --owner 10001 --group 10001 --mode 0700 /data
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/cascadewatch \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    XDG_DATA_HOME=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8765/healthz', timeout=4)"]
ENTRYPOINT ["cascadewatch"]
CMD ["up", "--host", "0.0.0.0"]
