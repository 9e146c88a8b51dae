"""The queue in Redis: kombu's transport, which must survive a Redis that is restarted.

A message is only a hint (core.services.jobs): one that a worker had taken when it lost Redis may
be lost as well.
"""

from kombu.transport import redis


class Channel(redis.Channel):
    """A channel that does not put back what it had taken when it closes.

    Where Redis itself is gone, kombu cannot: it looks for the connection that it has just closed,
    and the worker ends with an AttributeError instead of connecting again.
    """

    do_restore = False


class Transport(redis.Transport):
    """Known to kombu as `redis://` and `rediss://` (config.celery)."""

    Channel = Channel
