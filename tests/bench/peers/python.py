# SPDX-License-Identifier: BSD-3-Clause
"""The official Python client: python.py ADDRESS PROMPT COUNT"""
import sys

import ollama

host, prompt, count = sys.argv[1:]
client = ollama.Client(host=host)
for _ in range(int(count)):
    stream = client.generate(model="llama3.1:8b", prompt=prompt, stream=True)
    text = "".join(part.response for part in stream)
    assert text
