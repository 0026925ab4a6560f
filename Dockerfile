# One image for every process of the portal: web, worker and management commands. Nothing is fetched when it runs: the
# weights of the face networks, folded for use, the static files and the languages are inside.

FROM python:3.12-slim AS built
ENV PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /portal
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements.lock requirements-faces.txt ./
RUN pip install --require-hashes -r requirements.lock && pip install --no-deps -r requirements-faces.txt
COPY . .
# A key of the build alone: nothing is signed here, and the image keeps none.
ARG BUILD_SETTINGS="SECRET_KEY=of-the-build-alone DATA_DIR=/tmp/build FACE_MODEL_CACHE=/portal/models"
RUN pybabel compile \
    && env $BUILD_SETTINGS python manage.py collectstatic --noinput --verbosity 0 \
    && env $BUILD_SETTINGS python manage.py prepare_faces

FROM python:3.12-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data FACE_MODEL_CACHE=/portal/models
# Names in any script on the papers (PDF): what the portal's own fonts lack is taken from these.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends fonts-noto-core fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /portal attendance && install -d -o attendance -g attendance -m 700 /data
COPY --from=built /venv /venv
COPY --from=built --chown=attendance:attendance /portal /portal
WORKDIR /portal
USER 10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000"]
