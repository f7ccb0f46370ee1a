"""Sentence encoders: a text becomes a vector, by ONNX Runtime and without torch. Only workers load them."""
