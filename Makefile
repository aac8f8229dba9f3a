# Everything on a fresh Debian 12 with Rust: `make demo` and `make test` install what is missing.
CARGO_BUILD_JOBS ?= $(shell nproc)
export CARGO_BUILD_JOBS

.PHONY: help setup build demo test lint fmt bench install uninstall

help:
	@echo "make demo       check the shipped picture and show the decision"
	@echo "make test       run all tests"
	@echo "make build      the plugin and the launcher, in target/release"
	@echo "make install    into PREFIX (default: where GStreamer looks), below DESTDIR"
	@echo "make bench      costs, as ratios"
	@echo "make lint       rustfmt and clippy; make fmt formats"

setup:
	@scripts/setup.sh

build: setup
	@echo "building …" >&2
	@cargo build --release --quiet

demo: build
	@. scripts/env.sh && liveness-launch run examples/workflows/passive.json --source test --picture liveness-demo.png
	@echo "What it saw: $(CURDIR)/liveness-demo.png" >&2

test: setup
	@. scripts/env.sh && scripts/test.sh

lint:
	cargo fmt --check
	cargo clippy --all-targets --quiet -- -D warnings

fmt:
	cargo fmt

bench: setup
	@. scripts/env.sh && cargo bench --quiet

# The runtime lies in a folder of its own beside the plugin, where GStreamer does not take it for one.
pluginsdir = $(shell pkg-config --variable=pluginsdir gstreamer-1.0)
prefix = $(shell pkg-config --variable=prefix gstreamer-1.0)
PREFIX ?= $(prefix)
target = $(DESTDIR)$(patsubst $(prefix)/%,$(PREFIX)/%,$(pluginsdir))

install: build
	@test -n "$(pluginsdir)" || { echo "install: pkg-config does not know gstreamer-1.0" >&2; exit 1; }
	install -Dm755 target/release/libgstliveness.so "$(target)/libgstliveness.so"
	. scripts/onnxruntime.sh && install -Dm755 "$$ORT_LIBRARY" "$(target)/liveness/libonnxruntime.so.1"
	install -Dm755 target/release/liveness-launch "$(DESTDIR)$(PREFIX)/bin/liveness-launch"
	@if [ "$(PREFIX)" != "$(prefix)" ]; then \
	    echo "GStreamer does not look there by itself: export GST_PLUGIN_PATH=$(target:$(DESTDIR)%=%)"; fi

uninstall:
	rm -f "$(target)/libgstliveness.so" "$(target)/liveness/libonnxruntime.so.1" "$(DESTDIR)$(PREFIX)/bin/liveness-launch"
	-rmdir "$(target)/liveness"
