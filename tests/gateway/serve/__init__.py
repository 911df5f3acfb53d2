"""Tests of the API: asked over HTTP, as an operator's programs do."""
