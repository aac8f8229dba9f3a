# Everything on a fresh Debian 12 with Rust: `make demo` and `make test` install what is missing.
MAKEFLAGS += --no-print-directory

.PHONY: help setup build demo test lint fmt bench compare install uninstall

help:
	@echo "make demo       check a rendered person; with a store, a webhook and the evidence in liveness-demo"
	@echo "make test       run all tests"
	@echo "make build      the plugin and the launcher, in target/release"
	@echo "make install    into PREFIX (default: where GStreamer looks), below DESTDIR; make uninstall removes it"
	@echo "make bench      costs, as ratios"
	@echo "make compare    costs beside MediaPipe in Python and human in Node (needs PyPI, npm)"
	@echo "make lint       rustfmt and clippy; make fmt formats"
	@echo "make setup      only install what is missing: packages, ONNX Runtime"

setup:
	@scripts/setup.sh

# The runtime lies in a folder of its own beside the plugin, where GStreamer does not take it for one.
build: setup
	@cargo build --release
	@. scripts/onnxruntime.sh && mkdir -p target/release/liveness && \
	    ln -sfn "$$(realpath "$$ORT_LIBRARY")" target/release/liveness/libonnxruntime.so.1

demo: build
	@. scripts/env.sh && scripts/demo.sh

test: setup
	@. scripts/env.sh && scripts/test.sh

lint: setup
	@echo "checking the format and clippy's rules …" >&2
	@cargo fmt --check
	@cargo clippy --all-targets --quiet -- -D warnings

fmt:
	@cargo fmt

bench: setup
	@. scripts/env.sh && cargo bench

compare: setup
	@scripts/compare.sh

# `sudo make install` installs what `make build` has built: root often has no Rust.
install: $(if $(SUDO_USER),,build)
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" scripts/install.sh

uninstall:
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" scripts/install.sh --remove
