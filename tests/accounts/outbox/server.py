"""A mail server on loopback that keeps what it takes, and refuses, dies or kills as a test asks."""

import os
import signal
from email import message_from_bytes

from aiosmtpd.controller import Controller

from tests.aws.servers import free_port


class Server:
    """A running server. received: the messages it took; answers: what it says to an address instead of taking it;
    kills: the process that it kills when it has taken its so-manieth message, and before it says so.
    """

    def __init__(self):
        self.received, self.answers, self.recipients, self.kills = [], {}, {}, None
        self.port = free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def start(self):
        self._controller.start()
        return self

    def stop(self):
        self._controller.stop()

    @property
    def addresses(self):
        return [message["To"] for message in self.received]

    @property
    def ids(self):
        return [message["Message-ID"] for message in self.received]

    async def handle_RCPT(self, server, session, envelope, address, options):
        if answer := self.recipients.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        if answer := self.answers.get(address):
            return answer
        self.received.append(message_from_bytes(envelope.content))
        if self.kills and len(self.received) == self.kills[1]:
            os.kill(self.kills[0], signal.SIGKILL)
        return "250 OK"
