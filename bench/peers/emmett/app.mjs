// Emmett on PostgreSQL behind bare HTTP: an event appended to a stream, or decided from the stream's state.
import http from 'node:http';
import { CommandHandler, isExpectedVersionConflictError } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';

const { PEER_PORT, PEER_ENVELOPE, PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE } = process.env;
const address = `postgresql://${PGUSER}:${PGPASSWORD}@${PGHOST}:${PGPORT}/${PGDATABASE}`;
const store = getPostgreSQLEventStore(address, { schema: { autoMigration: 'None' } });
await store.schema.migrate();

const assessed = (assessment) => ({ type: 'Assessed', data: { assessment, envelope: PEER_ENVELOPE } });
const handle = CommandHandler({
  initialState: () => ({ assessments: 0 }),
  evolve: (state) => ({ assessments: state.assessments + 1 }),
  retry: { onVersionConflict: 20 },
});

// Two that append at once meet in the table, whatever version they expect: the later one tries again.
const append = (stream, assessment, tries = 20) =>
  store.appendToStream(stream, [assessed(assessment)]).catch((error) => {
    if (!isExpectedVersionConflictError(error) || tries === 0) throw error;
    return append(stream, assessment, tries - 1);
  });

const ways = {
  appended: append,
  assessments: (stream, assessment) => handle(store, stream, () => assessed(assessment)),
};

async function answer(request, response) {
  if (request.method === 'GET') return response.end(); // asks whether it is ready
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += part;
  const [, , , episode, way] = request.url.split('/');
  const { nextExpectedStreamVersion } = await ways[way](`episode-${episode}`, JSON.parse(body));
  response.writeHead(201, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ version: Number(nextExpectedStreamVersion) }));
}

function failed(response, error) {
  console.error(error);
  response.writeHead(500).end();
}

http
  .createServer((request, response) => answer(request, response).catch((error) => failed(response, error)))
  .listen(Number(PEER_PORT), '127.0.0.1');
