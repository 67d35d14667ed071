"""The SOAP host: envelopes in, plain values; plain values out, envelopes."""
