# auditor as an image: docker run --rm --network host -v "$PWD:/work" --user "$(id -u):$(id -g)" auditor run http://127.0.0.1:8000
# For a build that can be repeated to the byte, give the base by its digest: --build-arg PYTHON_IMAGE=python@sha256:…
ARG PYTHON_IMAGE=python:3.11.15-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY auditor auditor
COPY checks checks
COPY reports reports
COPY reference_app reference_app
RUN python -m venv /opt/auditor \
    && /opt/auditor/bin/python -m pip install --no-cache-dir --disable-pip-version-check -c constraints.txt .

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="auditor" \
      org.opencontainers.image.description="Lighthouse for backends: audits a running HTTP API, with evidence" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH="/opt/auditor/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN useradd --uid 10001 --create-home auditor && install --directory --owner auditor --group auditor /work
COPY --from=build /opt/auditor /opt/auditor
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["auditor"]
CMD ["--help"]
