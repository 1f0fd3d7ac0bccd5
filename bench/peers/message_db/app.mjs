// message-db behind bare HTTP: each request writes one message to a stream, whatever its version.
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import pg from 'pg';

const { PEER_PORT, PEER_ENVELOPE } = process.env; // where PostgreSQL is, `pg` reads from the environment
const pool = new pg.Pool({ max: 10, options: '-c search_path=message_store,public' });
const metadata = JSON.stringify({ envelope: PEER_ENVELOPE });
const write = { name: 'write', text: 'SELECT write_message($1, $2, $3, $4, $5) AS version' };

async function answer(request, response) {
  if (request.method === 'GET') return response.end(); // asks whether it is ready
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += part;
  const stream = `episode-${request.url.split('/')[3]}`;
  const assessment = JSON.stringify(JSON.parse(body));
  const values = [randomUUID(), stream, 'Assessed', assessment, metadata];
  const { rows } = await pool.query({ ...write, values });
  response.writeHead(201, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ version: Number(rows[0].version) }));
}

function failed(response, error) {
  console.error(error);
  response.writeHead(500).end();
}

http
  .createServer((request, response) => answer(request, response).catch((error) => failed(response, error)))
  .listen(Number(PEER_PORT), '127.0.0.1');
