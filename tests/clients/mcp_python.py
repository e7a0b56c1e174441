"""The official Python client of the Model Context Protocol: python mcp_python.py http URL | python mcp_python.py stdio PROGRAM ARGUMENT…

Prints one line of JSON with what it saw; any deviation is an exception. The client itself holds what a tool gives against the schema that
the tool announced.
"""

import asyncio
import json
import sys
from contextlib import asynccontextmanager

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

try:
    from mcp.client.streamable_http import streamable_http_client
except ImportError:
    from mcp.client.streamable_http import streamablehttp_client as streamable_http_client


@asynccontextmanager
async def connected(kind, *where):
    if kind == "http":
        transport = streamable_http_client(where[0] + "/mcp")
    else:
        transport = stdio_client(StdioServerParameters(command=where[0], args=list(where[1:])))
    async with transport as (read, write, *_):
        async with ClientSession(read, write) as session:
            yield session


def structured(result):
    value = getattr(result, "structuredContent", None) or getattr(result, "structured_content", None)
    assert value is not None, result
    return value


def failed(result):
    return getattr(result, "isError", None) or getattr(result, "is_error", None)


async def main():
    seen = {}
    async with connected(*sys.argv[1:]) as session:
        hello = await session.initialize()
        info = getattr(hello, "serverInfo", None) or hello.server_info
        assert info.name == "pinakes", hello
        tools = [tool.name for tool in (await session.list_tools()).tools]
        assert tools == ["search", "ask", "read_document"], tools

        found = structured(await session.call_tool("search", {"query": "carry over holiday", "limit": 3}))
        assert 1 <= len(found["hits"]) <= 3, found
        hit = found["hits"][0]

        answer = structured(await session.call_tool("ask", {"question": "How many unused holiday days can I carry over into next year?"}))
        assert "five" in answer["answer"] and not answer["refused"], answer
        citation = answer["citations"][0]
        start, end = citation["char_span"]

        part = structured(await session.call_tool("read_document", {"doc_id": citation["doc_id"], "start": start}))
        assert part["text"][: end - start] == citation["quote"], (part["text"][:80], citation)

        nothing = structured(await session.call_tool("ask", {"question": "What is the boiling point of lead?"}))
        assert nothing["refused"], nothing

        for name, arguments in [
            ("read_document", {"doc_id": "f" * 32}),
            ("search", {"query": " "}),
            ("search", {"query": "a", "limit": 1000}),
            ("ask", {}),
            ("ask", {"question": "x" * 100_000}),
        ]:
            assert failed(await session.call_tool(name, arguments)), (name, arguments)
        seen = {"tools": tools, "hit": hit["title"], "answer": answer["answer"], "url": hit.get("url")}
    print(json.dumps(seen))


asyncio.run(main())
