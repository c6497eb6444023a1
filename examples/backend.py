"""A backend for the agent `websocket` that says each turn back: `python3 examples/backend.py [port]`.

Needs `pip install websockets`. The protocol is in docs/agents/websocket.md.
"""

import asyncio
import contextlib
import json
import os
import struct
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


async def talk(socket):
    with contextlib.suppress(ConnectionClosed):
        await answer(socket)


async def answer(socket):
    token = os.environ.get("ISOCHRON_AGENT_TOKEN")
    if token and socket.request.headers.get("Authorization") != f"Bearer {token}":
        return await socket.close(4401, "unauthorized")
    words = []
    async for data in socket:
        if isinstance(data, bytes):
            # Four bytes say where the samples lie; what follows is PCM16 at 16 kHz.
            (start,) = struct.unpack_from("<I", data)
            words.append((start, data[4:]))
            if len(words) % 25 == 0:
                await say(socket, type="ack", audioTo=start + (len(data) - 4) // 2)
            continue
        message = json.loads(data)
        kind = message["type"], message.get("state")
        if kind == ("start", None):
            await say(socket, type="ready")
        elif kind == ("turn", "started"):
            words.clear()
        elif kind == ("turn", "ended"):
            await say(socket, type="begin", utterance=f"turn-{message['turn']}")
            for start, samples in words:
                # What lies behind the end of the turn is the silence in which it was found.
                if start < message["endSample"]:
                    await socket.send(samples[: 2 * (message["endSample"] - start)])
            await say(socket, type="end")
        elif kind == ("text", None):
            await say(socket, type="transcript", text=message["text"])
        if "number" in message:
            await say(socket, type="ack", after=message["number"])


async def say(socket, **message):
    await socket.send(json.dumps(message))


async def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8790
    async with serve(talk, "127.0.0.1", port, subprotocols=["isochron-agent.v1"]) as server:
        print(f"listening on ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
