// A case, walked through the types that openapi-typescript generates, with openapi-fetch.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components as CareComponents, paths as CarePaths } from "./episodes.d.ts";
import type { components as ToldComponents, paths as ToldPaths } from "./notifications.d.ts";

type Care = CareComponents["schemas"];
type Told = ToldComponents["schemas"];

const HOUR = 3_600_000;
const start = new Date(Date.now() - HOUR);
const earlier = new Date(Date.now() - 3 * HOUR).toISOString();
const clinic = setting("CLINIC");
const therapist = setting("THERAPIST");
const partner = setting("PARTNER");
const client = randomUUID();

const service = createClient<CarePaths>({ baseUrl: setting("EPISODES_URL"), headers: bearer("SERVICE_TOKEN") });
const asPartner = atNotifications("PARTNER_TOKEN");
const asTherapist = atNotifications("THERAPIST_TOKEN");

const pain: Care["CodedOfMeasures"] = { code: "pain" };
const lumbar: Care["Site"] = { code: "lumbar_spine", side: "midline" };
const swedish: Care["Technique"] = { code: "swedish", site: lumbar, minutes: 30, pressure: 3 };

function setting(name: string): string {
  const value = process.env[name];
  assert.ok(value, name);
  return value;
}

function bearer(token: string): { Authorization: string } {
  return { Authorization: `Bearer ${setting(token)}` };
}

function atNotifications(token: string) {
  return createClient<ToldPaths>({ baseUrl: setting("NOTIFICATIONS_URL"), headers: bearer(token) });
}

/** The answer, if there is one. */
function got<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  assert.ok(answer.data !== undefined, `${answer.response.status} ${JSON.stringify(answer.error)}`);
  return answer.data;
}

/** The parameters of a command to an episode, with a new key. */
function about(episode: string) {
  return { path: { episode }, header: { "Idempotency-Key": randomUUID() } };
}

/** The directory: the clinic, who works there, the partner and the client. */
async function introduce(): Promise<void> {
  const ofClinic = { params: { path: { id: clinic } }, body: { zone: "UTC" } };
  const staff: Care["Staff"] = { role: "therapist", name: "Tess Example" };
  const organisation: Care["Partner"] = { kind: "chiropractor", organisation: "Harbor Chiropractic" };
  const identity: Care["ClientIdentity"] = {
    name: "Ada Example",
    birth_date: "1979-05-04",
    identifiers: [{ system: partner, value: `C ${client}` }],
  };
  const answers = [
    await service.PUT("/v1/clinics/{id}", ofClinic),
    await service.PUT("/v1/staff/{id}", { params: { path: { id: therapist } }, body: staff }),
    await service.PUT("/v1/partners/{id}", { params: { path: { id: partner } }, body: organisation }),
    await service.PUT("/v1/clients/{id}", { params: { path: { id: client } }, body: identity }),
  ];
  assert.deepEqual(answers.map((it) => it.response.status), [204, 204, 204, 204]);
  const entry = got(await service.GET("/v1/clients/{id}", { params: { path: { id: client } } }));
  assert.equal(entry.birth_date, "1979-05-04");
  const query = { identifier: `${partner}|C ${client}` };
  const found = got(await service.GET("/v1/clients", { params: { query } }));
  assert.deepEqual(found.clients.map((it) => it.id), [client]);
}

async function subscribe(): Promise<string> {
  const wanted: Told["SubscriptionWanted"] = { url: setting("WEBHOOK_URL") };
  const made = got(await asPartner.POST("/v1/subscriptions", { body: wanted }));
  assert.equal(made.state, "active");
  assert.ok(made.secret);
  assert.equal(made.clinics, null);
  const again = await asPartner.POST("/v1/subscriptions", { body: wanted });
  assert.equal(again.error?.subscription_id, made.id);
  const mine = got(await asPartner.GET("/v1/subscriptions"));
  assert.deepEqual(mine.subscriptions.map((it) => it.id), [made.id]);
  const params = { path: { subscription_id: made.id } };
  const guess = { params, body: { challenge: "a guess" } };
  const refused = await asPartner.POST("/v1/subscriptions/{subscription_id}/confirmation", guess);
  assert.equal(refused.error?.rule, "challenge-differs");
  return made.id;
}

/** An episode, opened twice under one key. */
async function opened(): Promise<string> {
  const body: Care["EpisodeOpenedCommand"] = {
    client,
    clinic,
    therapist,
    complaint: { category: "chronic_pain", words: "Back pain", sites: [lumbar] },
    age: 47,
    occurred_at: earlier,
  };
  const params = { header: { "Idempotency-Key": randomUUID() } };
  const first = got(await service.POST("/v1/episodes", { params, body }));
  const second = got(await service.POST("/v1/episodes", { params, body }));
  assert.deepEqual(second, first);
  assert.equal(first.events[0]?.type, "episode-opened.1");
  assert.ok(first.episode);
  return first.episode.id;
}

async function consent(episode: string): Promise<void> {
  const treatment: Care["TreatmentConsentedCommand"] = { given: { by: "client" }, signed_at: earlier };
  const path = "/v1/episodes/{episode}/treatment-consents";
  got(await service.POST(path, { params: about(episode), body: treatment }));
  const sharing: Care["SharingConsentedCommand"] = {
    given: { by: "client" },
    kinds: ["plans", "sessions", "closure"],
    partner,
  };
  const shared = { params: about(episode), body: sharing };
  got(await service.POST("/v1/episodes/{episode}/sharing-consents", shared));
}

async function assessAndPlan(episode: string): Promise<void> {
  const assessed: Care["AssessedCommand"] = {
    stage: "baseline",
    readings: [
      { measure: pain, site: lumbar, unit: "{score}", scale: "NRS 0-10", context: "now", value: 6.4 },
    ],
    performer: therapist,
    occurred_at: earlier,
  };
  const assessment = { params: about(episode), body: assessed };
  got(await service.POST("/v1/episodes/{episode}/assessments", assessment));
  const plan: Care["PlanSetCommand"] = {
    goals: [{ id: "pain", measure: pain, baseline: 6.4, target: 3 }],
    techniques: [swedish],
    planned_sessions: 7,
    minutes_per_session: 30,
    occurred_at: earlier,
  };
  got(await service.POST("/v1/episodes/{episode}/plans", { params: about(episode), body: plan }));
}

/** A session check, the session, and what it left out; then care is closed. The session's id. */
async function treat(episode: string): Promise<string> {
  const check: Care["SessionCheckedCommand"] = {
    screening: { list_version: "clinic-intake/1", items: [{ code: "fever", answer: "absent" }] },
    techniques: [swedish],
    occurred_at: start.toISOString(),
  };
  const checking = { params: about(episode), body: check };
  const checked = got(await service.POST("/v1/episodes/{episode}/session-checks", checking));
  const session: Care["SessionDeliveredCommand"] = {
    date_of_service: start.toISOString().slice(0, 10),
    start: start.toISOString(),
    duration: 30,
    techniques: [swedish],
    adverse: [{ kind: { code: "bruising" }, severity: "mild" }],
    check_id: checked.events[0]?.id,
    performer: therapist,
  };
  const treating = { params: about(episode), body: session };
  const id = got(await service.POST("/v1/episodes/{episode}/sessions", treating)).events[0]?.id;
  assert.ok(id);
  await add(episode, id);
  const closing: Care["EpisodeClosedCommand"] = { reason: "goal_achieved", summary: "Pain down" };
  got(await service.POST("/v1/episodes/{episode}/closure", { params: about(episode), body: closing }));
  return id;
}

async function add(episode: string, session: string): Promise<void> {
  const body: Care["EntryAddedToCommand"] = {
    of: "session-delivered.1",
    added: { place: "clinic" },
    reason: "Left out in the evening",
  };
  const params = { ...about(episode), path: { episode, about: session } };
  got(await service.POST("/v1/episodes/{episode}/events/{about}/addition", { params, body }));
}

/** The state, the history and one event. */
async function read(episode: string, session: string): Promise<void> {
  const path = { episode };
  const state = got(await service.GET("/v1/episodes/{episode}", { params: { path } }));
  assert.deepEqual([state.version, state.status], [9, "closed"]);
  assert.equal(state["session-checks"]?.[0]?.verdict, "go");
  const delivered = state.sessions?.[0];
  assert.equal(delivered?.id, session);
  assert.equal(delivered.techniques[0]?.code, "swedish");
  assert.equal(delivered.adverse[0]?.kind.code, "bruising");
  assert.equal(delivered.place, "clinic");
  assert.equal(state.assessments?.[0]?.readings[0]?.value, 6.4);
  const history = got(await service.GET("/v1/episodes/{episode}/history", { params: { path } }));
  assert.deepEqual(history.events.map((it) => it.version), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const params = { path: { episode, event: session } };
  const event = got(await service.GET("/v1/episodes/{episode}/events/{event}", { params }));
  assert.deepEqual([event.type, event.fact.duration], ["session-delivered.1", 30]);
}

/** The list and the feed. */
async function follow(episode: string): Promise<void> {
  const query = { client, after_write: `${episode}:9` };
  const page = got(await service.GET("/v1/episodes", { params: { query } }));
  assert.deepEqual(page.episodes.map((it) => [it.id, it.status]), [[episode, "closed"]]);
  assert.equal(page.next, undefined);
  const feed = got(await service.GET("/v1/feed", { params: { query: { limit: 1000 } } }));
  const types = feed.events.filter((it) => it.subject === episode).map((it) => it.type);
  assert.deepEqual(types.slice(0, 2), ["care.episode.episode_opened.v1", "care.episode.sharing_consented.v1"]);
  assert.ok(feed.next);
}

/** A rule that refuses a command, and a header that cannot be read. */
async function beRefused(episode: string): Promise<void> {
  const path = "/v1/episodes/{episode}/plans";
  const { error } = await service.POST(path, { params: about(episode), body: {} });
  assert.equal(error?.type, "/problems/rule-broken");
  assert.equal(error.rule, "episode-closed");
  const params = { path: { episode }, header: { "Idempotency-Key": "none" } };
  const malformed = await service.POST(path, { params, body: {} });
  assert.equal(malformed.response.status, 400);
  assert.equal(malformed.error?.errors?.[0]?.pointer, "/headers/idempotency-key");
}

/** What the partner was sent, and what the clinic must see. */
async function beTold(subscription: string, episode: string): Promise<void> {
  const deliveries = await awaited(() => delivered(subscription));
  assert.deepEqual(deliveries.map((it) => it.number), [1, 2, 3, 4]);
  assert.deepEqual([deliveries[0]?.attempts[0]?.status, deliveries[0]?.attempts[0]?.error], [204, null]);
  const params = { path: { subscription_id: subscription } };
  const found = got(await asPartner.GET("/v1/subscriptions/{subscription_id}", { params }));
  assert.equal(found.address, "proved");
  const missed = got(await asPartner.GET("/v1/subscriptions/{subscription_id}/events", { params }));
  const first = missed.events[0];
  assert.ok(first && "data" in first);
  assert.deepEqual([first.type, first.data.episode], ["care.episode.plan_set.v1", episode]);
  const item = await awaited(alert);
  assert.equal(item.acknowledgement, null);
  const of = { params: { path: { item_id: item.id } } };
  const seen = got(await asTherapist.POST("/v1/inbox/{item_id}/acknowledgement", of));
  assert.equal(seen.acknowledgement?.by, therapist);
}

/** The deliveries, once each was made. */
async function delivered(subscription: string): Promise<Told["DeliveryView"][] | undefined> {
  const params = { path: { subscription_id: subscription } };
  const log = got(await asPartner.GET("/v1/subscriptions/{subscription_id}/deliveries", { params }));
  const made = log.deliveries.filter((it) => it.state === "delivered");
  return made.length === 4 ? made : undefined;
}

/** The adverse reaction in the inbox of the clinic. */
async function alert(): Promise<Told["InboxItem"] | undefined> {
  const { items } = got(await asTherapist.GET("/v1/inbox"));
  return items.find((it) => it.concern === "adverse_reaction");
}

/** What is seen, as soon as it is there. */
async function awaited<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await sleep(100);
  }
  throw new Error("not within 30 s");
}

await introduce();
const subscription = await subscribe();
const episode = await opened();
await consent(episode);
await assessAndPlan(episode);
const session = await treat(episode);
await read(episode, session);
await follow(episode);
await beRefused(episode);
await beTold(subscription, episode);
