import example.episodes.ApiException;
import example.episodes.api.CareApi;
import example.episodes.api.DirectoryApi;
import example.episodes.api.EpisodesApi;
import example.episodes.api.FeedApi;
import example.episodes.model.*;
import example.notifications.api.InboxApi;
import example.notifications.api.SubscriptionsApi;
import example.notifications.model.Confirmation;
import example.notifications.model.Deliveries;
import example.notifications.model.DeliveryView;
import example.notifications.model.InboxItem;
import example.notifications.model.ProblemDocument;
import example.notifications.model.SubscriptionMade;
import example.notifications.model.SubscriptionView;
import example.notifications.model.SubscriptionWanted;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/** A case, walked through the clients that openapi-generator generates. */
public class Walk {
  static final UUID CLINIC = UUID.fromString(System.getenv("CLINIC"));
  static final UUID THERAPIST = UUID.fromString(System.getenv("THERAPIST"));
  static final UUID PARTNER = UUID.fromString(System.getenv("PARTNER"));
  static final UUID CLIENT = UUID.randomUUID();
  static final OffsetDateTime NOW = OffsetDateTime.now(ZoneOffset.UTC);
  static final OffsetDateTime START = NOW.minusHours(1);
  static final OffsetDateTime EARLIER = NOW.minusHours(3);

  static final CodedOfMeasures PAIN = new CodedOfMeasures().code(CodedOfMeasures.CodeEnum.PAIN);
  static final Site LUMBAR = new Site().code(Site.CodeEnum.LUMBAR_SPINE).side(Site.SideEnum.MIDLINE);
  static final Technique SWEDISH =
      new Technique().code(Technique.CodeEnum.SWEDISH).site(LUMBAR).minutes(30).pressure(3);

  final example.episodes.ApiClient service = atEpisodes("SERVICE_TOKEN");
  final CareApi care = new CareApi(service);
  final DirectoryApi directory = new DirectoryApi(service);
  final EpisodesApi episodes = new EpisodesApi(service);
  final SubscriptionsApi subscriptions = new SubscriptionsApi(atNotifications("PARTNER_TOKEN"));
  final InboxApi inbox = new InboxApi(atNotifications("THERAPIST_TOKEN"));

  public static void main(String[] arguments) throws Exception {
    var walk = new Walk();
    walk.introduce();
    UUID subscription = walk.subscribe();
    UUID episode = walk.opened();
    walk.consent(episode);
    walk.assessAndPlan(episode);
    UUID session = walk.treat(episode);
    walk.read(episode, session);
    walk.follow(episode);
    walk.beRefused(episode);
    walk.beTold(subscription, episode);
  }

  static example.episodes.ApiClient atEpisodes(String token) {
    var client = new example.episodes.ApiClient();
    client.setBasePath(System.getenv("EPISODES_URL"));
    client.setBearerToken(System.getenv(token));
    return client;
  }

  static example.notifications.ApiClient atNotifications(String token) {
    var client = new example.notifications.ApiClient();
    client.setBasePath(System.getenv("NOTIFICATIONS_URL"));
    client.setBearerToken(System.getenv(token));
    return client;
  }

  static String key() {
    return UUID.randomUUID().toString();
  }

  static void same(Object wanted, Object seen) {
    if (!Objects.equals(wanted, seen)) {
      throw new AssertionError("wanted " + wanted + ", but it is " + seen);
    }
  }

  /** The directory: the clinic, who works there, the partner and the client. */
  void introduce() throws Exception {
    directory.putClinic(CLINIC, new Clinic().zone("UTC"), null);
    directory.putStaff(THERAPIST, new Staff().role(Staff.RoleEnum.THERAPIST).name("Tess Example"), null);
    var organisation = new Partner().kind(Partner.KindEnum.CHIROPRACTOR).organisation("Harbor Chiropractic");
    directory.putPartner(PARTNER, organisation, null);
    String number = "C " + CLIENT;
    var identity = new ClientIdentity().name("Ada Example").birthDate(LocalDate.of(1979, 5, 4))
        .addIdentifiersItem(new Identifier().system(PARTNER.toString()).value(number));
    directory.putClient(CLIENT, identity, null);
    same(LocalDate.of(1979, 5, 4), directory.getClient(CLIENT).getBirthDate());
    same(CLIENT, directory.findClient(PARTNER + "|" + number).getClients().get(0).getId());
  }

  UUID subscribe() throws Exception {
    var wanted = new SubscriptionWanted().url(System.getenv("WEBHOOK_URL"));
    SubscriptionMade made = subscriptions.subscribeToEvents(wanted);
    same(SubscriptionMade.StateEnum.ACTIVE, made.getState());
    same(true, made.getSecret() != null);
    try {
      subscriptions.subscribeToEvents(wanted);
      throw new AssertionError("subscribed twice");
    } catch (example.notifications.ApiException refusal) {
      same(made.getId(), ProblemDocument.fromJson(refusal.getResponseBody()).getSubscriptionId());
    }
    same(made.getId(), subscriptions.listSubscriptions(null, null).getSubscriptions().get(0).getId());
    try {
      subscriptions.confirmAddress(made.getId(), new Confirmation().challenge("a guess"));
      throw new AssertionError("a guess was right");
    } catch (example.notifications.ApiException refusal) {
      same("challenge-differs", ProblemDocument.fromJson(refusal.getResponseBody()).getRule());
    }
    return made.getId();
  }

  /** An episode, opened twice under one key. */
  UUID opened() throws Exception {
    var complaint = new Complaint().category(Complaint.CategoryEnum.CHRONIC_PAIN).words("Back pain")
        .addSitesItem(LUMBAR);
    var opening = new EpisodeOpenedCommand().client(CLIENT).clinic(CLINIC).therapist(THERAPIST)
        .complaint(complaint).age(47).occurredAt(EARLIER);
    String key = key();
    Receipt first = care.openEpisode(key, opening);
    same(first, care.openEpisode(key, opening));
    same("episode-opened.1", first.getEvents().get(0).getType());
    return first.getEpisode().getId();
  }

  void consent(UUID episode) throws Exception {
    var client = new Given().by(Given.ByEnum.CLIENT);
    var treatment = new TreatmentConsentedCommand().given(client).signedAt(EARLIER);
    care.consentToTreatment(episode, key(), treatment, null);
    var sharing = new SharingConsentedCommand().given(client).partner(PARTNER)
        .addKindsItem(SharingConsentedCommand.KindsEnum.PLANS)
        .addKindsItem(SharingConsentedCommand.KindsEnum.SESSIONS)
        .addKindsItem(SharingConsentedCommand.KindsEnum.CLOSURE);
    care.consentToSharing(episode, key(), sharing, null);
  }

  void assessAndPlan(UUID episode) throws Exception {
    var reading = new Reading().measure(PAIN).site(LUMBAR).unit("{score}").scale("NRS 0-10")
        .context(Reading.ContextEnum.NOW).value(6.4);
    var assessed = new AssessedCommand().stage(AssessedCommand.StageEnum.BASELINE)
        .addReadingsItem(reading).performer(THERAPIST).occurredAt(EARLIER);
    care.recordAssessment(episode, key(), assessed, null);
    var goal = new Goal().id("pain").measure(PAIN).baseline(6.4).target(3.0);
    var plan = new PlanSetCommand().addGoalsItem(goal).addTechniquesItem(SWEDISH)
        .plannedSessions(7).minutesPerSession(30).occurredAt(EARLIER);
    care.setPlan(episode, key(), plan, null);
  }

  /** A session check, the session, and what it left out; then care is closed. The session's id. */
  UUID treat(UUID episode) throws Exception {
    var fever = new ScreeningItem().code(ScreeningItem.CodeEnum.FEVER).answer(ScreeningItem.AnswerEnum.ABSENT);
    var check = new SessionCheckedCommand().addTechniquesItem(SWEDISH).occurredAt(START)
        .screening(new Screening().listVersion("clinic-intake/1").addItemsItem(fever));
    UUID checked = care.checkSession(episode, key(), check, null).getEvents().get(0).getId();
    var bruise = new Adverse().severity(Adverse.SeverityEnum.MILD)
        .kind(new CodedOfAdverseKinds().code(CodedOfAdverseKinds.CodeEnum.BRUISING));
    var session = new SessionDeliveredCommand().dateOfService(START.toLocalDate()).start(START).duration(30)
        .addTechniquesItem(SWEDISH).addAdverseItem(bruise).checkId(checked).performer(THERAPIST);
    UUID delivered = care.recordSession(episode, key(), session, null).getEvents().get(0).getId();
    var addition = new EntryAddedToOfSessionDelivered().reason("Left out in the evening")
        .of(EntryAddedToOfSessionDelivered.OfEnum.SESSION_DELIVERED_1)
        .added(new SessionDeliveredParts().place(SessionDeliveredParts.PlaceEnum.CLINIC));
    care.addToEntry(episode, delivered, key(), new EntryAddedToCommand(addition), null);
    var closing = new EpisodeClosedCommand().reason(EpisodeClosedCommand.ReasonEnum.GOAL_ACHIEVED);
    care.closeEpisode(episode, key(), closing.summary("Pain down"), null);
    return delivered;
  }

  /** The state, the history and one event. */
  void read(UUID episode, UUID session) throws Exception {
    EpisodeState state = episodes.getEpisode(episode, null, null, null);
    same(9, state.getVersion());
    same(EpisodeState.StatusEnum.CLOSED, state.getStatus());
    same("go", state.getSessionChecks().get(0).getVerdict());
    SessionEntry delivered = state.getSessions().get(0);
    same(session, delivered.getId());
    same("swedish", delivered.getTechniques().get(0).getCode());
    same("bruising", delivered.getAdverse().get(0).getKind().getCode());
    same(SessionEntry.PlaceEnum.CLINIC, delivered.getPlace());
    same(START.truncatedTo(ChronoUnit.MICROS), delivered.getStart());
    same(6.4, state.getAssessments().get(0).getReadings().get(0).getValue());
    List<RecordedEvent> history = episodes.getEpisodeHistory(episode, null, null).getEvents();
    same(List.of(1, 2, 3, 4, 5, 6, 7, 8, 9), history.stream().map(RecordedEvent::getVersion).toList());
    RecordedEvent event = episodes.getEvent(episode, session);
    same("session-delivered.1", event.getType());
    same(30.0, ((Map<?, ?>) event.getFact()).get("duration"));
  }

  /** The list and the feed. */
  void follow(UUID episode) throws Exception {
    EpisodeList page = episodes.listEpisodes(CLIENT, null, null, null, null, null, null, episode + ":9");
    same(episode, page.getEpisodes().get(0).getId());
    same(ListedEpisode.StatusEnum.CLOSED, page.getEpisodes().get(0).getStatus());
    same(null, page.getNext());
    FeedPage feed = new FeedApi(service).readFeed(null, 1000, null);
    var published = feed.getEvents().stream().filter(it -> it.getSubject().equals(episode));
    var types = published.map(CloudEvent::getType).toList();
    same(List.of("care.episode.episode_opened.v1", "care.episode.sharing_consented.v1"), types.subList(0, 2));
    same(true, feed.getNext() != null);
  }

  /** A rule that refuses a command, and a header that cannot be read. */
  void beRefused(UUID episode) throws Exception {
    Problem broken = refusal(episode, key());
    same(Problem.TypeEnum.RULE_BROKEN, broken.getType());
    same("episode-closed", broken.getRule());
    Problem malformed = refusal(episode, "none");
    same(400, malformed.getStatus());
    same("/headers/idempotency-key", malformed.getErrors().get(0).getPointer());
  }

  Problem refusal(UUID episode, String key) throws Exception {
    try {
      care.setPlan(episode, key, new PlanSetCommand(), null);
    } catch (ApiException refusal) {
      return Problem.fromJson(refusal.getResponseBody());
    }
    throw new AssertionError("a plan was set");
  }

  /** What the partner was sent, and what the clinic must see. */
  void beTold(UUID subscription, UUID episode) throws Exception {
    List<DeliveryView> deliveries = awaited(() -> delivered(subscription));
    same(1, deliveries.get(0).getNumber());
    same(204, deliveries.get(0).getAttempts().get(0).getStatus());
    same(null, deliveries.get(0).getAttempts().get(0).getError());
    same(SubscriptionView.AddressEnum.PROVED, subscriptions.getSubscription(subscription).getAddress());
    var first = subscriptions.listMissedEvents(subscription, null, null).getEvents().get(0).getTold();
    same("care.episode.plan_set.v1", first.getType());
    same(episode, first.getData().getEpisode());
    InboxItem item = awaited(this::alert);
    same(episode, item.getEpisode());
    same(null, item.getAcknowledgement());
    same(THERAPIST, inbox.acknowledgeItem(item.getId()).getAcknowledgement().getBy());
  }

  /** The deliveries, once each was made. */
  List<DeliveryView> delivered(UUID subscription) throws Exception {
    Deliveries log = subscriptions.listDeliveries(subscription, null, null);
    var made = log.getDeliveries().stream().filter(it -> it.getState() == DeliveryView.StateEnum.DELIVERED);
    List<DeliveryView> all = made.toList();
    return all.size() == 4 ? all : null;
  }

  /** The adverse reaction in the inbox of the clinic. */
  InboxItem alert() throws Exception {
    var items = inbox.readInbox(null, null, null).getItems().stream();
    return items.filter(it -> it.getConcern() == InboxItem.ConcernEnum.ADVERSE_REACTION).findFirst().orElse(null);
  }

  interface Look<T> {
    T at() throws Exception;
  }

  /** What is seen, as soon as it is there. */
  static <T> T awaited(Look<T> look) throws Exception {
    for (int tries = 0; tries < 300; tries++) {
      T seen = look.at();
      if (seen != null) {
        return seen;
      }
      Thread.sleep(100);
    }
    throw new AssertionError("not within 30 s");
  }
}
