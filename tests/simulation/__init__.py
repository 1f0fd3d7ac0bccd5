"""The pure parts of both services under lost, doubled, delayed and reordered steps, replayable by a seed.

    SEED=n make test ARGS="-s tests/simulation -k replays"     prints every step of one run

`scheduling` takes one step at a time, in an order a seed decides. `log`, `broker`, `reactions`, `outbox` and
`partners` keep what PostgreSQL, Kafka and the endpoints promise, and no more. `callers`, `relaying`,
`consuming` and `delivering` are the processes, around the real writer, relay, reactions, courier and
disclosure decisions. `tablets` are callers who were offline and send what happened days before (`story`):
late, doubled and in another order, with amendments in between. `world` puts them together; `invariants`
says what must hold when the faults are over, `arrivals` and `alerts` what must hold of late facts; `bugs`
plants mistakes, to show that each would be found.
"""
