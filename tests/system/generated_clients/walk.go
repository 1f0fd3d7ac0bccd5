// Command walk walks a case through the clients that oapi-codegen generates.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"example.test/clients/episodes"
	"example.test/clients/notifications"
	"github.com/google/uuid"
	"github.com/oapi-codegen/runtime/types"
)

var (
	ctx     = context.Background()
	now     = time.Now().UTC()
	start   = now.Add(-time.Hour)
	earlier = now.Add(-3 * time.Hour)

	clinic    = uuid.MustParse(os.Getenv("CLINIC"))
	therapist = uuid.MustParse(os.Getenv("THERAPIST"))
	partner   = uuid.MustParse(os.Getenv("PARTNER"))
	client    = uuid.New()

	service     = must(episodes.NewClientWithResponses(os.Getenv("EPISODES_URL"), episodes.WithRequestEditorFn(bearer("SERVICE_TOKEN"))))
	asPartner   = atNotifications("PARTNER_TOKEN")
	asTherapist = atNotifications("THERAPIST_TOKEN")

	pain    = episodes.CodedOfMeasures{Code: episodes.CodedOfMeasuresCodePain}
	lumbar  = episodes.Site{Code: episodes.SiteCodeLumbarSpine, Side: ptr(episodes.SiteSideMidline)}
	swedish = episodes.Technique{Code: episodes.TechniqueCodeSwedish, Site: lumbar, Minutes: ptr(30), Pressure: ptr(3)}
)

func atNotifications(token string) *notifications.ClientWithResponses {
	withToken := notifications.WithRequestEditorFn(bearer(token))
	return must(notifications.NewClientWithResponses(os.Getenv("NOTIFICATIONS_URL"), withToken))
}

func bearer(token string) func(context.Context, *http.Request) error {
	return func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv(token))
		return nil
	}
}

func ptr[T any](value T) *T { return &value }

func must[T any](value T, err error) T {
	check(err == nil, err)
	return value
}

// got is the answer, if it is there.
func got[T any](answer *T, body []byte) T {
	check(answer != nil, string(body))
	return *answer
}

func check(holds bool, seen ...any) {
	if !holds {
		panic(fmt.Sprint(seen...))
	}
}

func key() string { return uuid.NewString() }

// introduce fills the directory: the clinic, who works there, the partner and the client.
func introduce() {
	number := "C " + client.String()
	put(must(service.PutClinicWithResponse(ctx, clinic, nil, episodes.Clinic{Zone: "UTC"})).StatusCode())
	staff := episodes.Staff{Role: episodes.StaffRoleTherapist, Name: ptr("Tess Example")}
	put(must(service.PutStaffWithResponse(ctx, therapist, nil, staff)).StatusCode())
	organisation := episodes.Partner{Kind: episodes.PartnerKindChiropractor, Organisation: "Harbor Chiropractic"}
	put(must(service.PutPartnerWithResponse(ctx, partner, nil, organisation)).StatusCode())
	identity := episodes.ClientIdentity{
		Name:        ptr("Ada Example"),
		BirthDate:   &types.Date{Time: time.Date(1979, 5, 4, 0, 0, 0, 0, time.UTC)},
		Identifiers: &[]episodes.Identifier{{System: partner.String(), Value: number}},
	}
	put(must(service.PutClientWithResponse(ctx, client, nil, identity)).StatusCode())
	entry := must(service.GetClientWithResponse(ctx, client))
	check(got(entry.JSON200, entry.Body).BirthDate.String() == "1979-05-04")
	query := episodes.FindClientParams{Identifier: partner.String() + "|" + number}
	found := must(service.FindClientWithResponse(ctx, &query))
	check(got(found.JSON200, found.Body).Clients[0].Id == client)
}

func put(status int) { check(status == http.StatusNoContent, status) }

func subscribe() uuid.UUID {
	wanted := notifications.SubscriptionWanted{Url: os.Getenv("WEBHOOK_URL")}
	answer := must(asPartner.SubscribeToEventsWithResponse(ctx, wanted))
	made := got(answer.JSON201, answer.Body)
	check(made.State == notifications.SubscriptionMadeStateActive && made.Secret != nil && made.Clinics == nil)
	again := must(asPartner.SubscribeToEventsWithResponse(ctx, wanted))
	check(*got(again.ApplicationproblemJSON409, again.Body).SubscriptionId == made.Id)
	mine := must(asPartner.ListSubscriptionsWithResponse(ctx, &notifications.ListSubscriptionsParams{}))
	check(got(mine.JSON200, mine.Body).Subscriptions[0].Id == made.Id)
	guess := notifications.Confirmation{Challenge: "a guess"}
	refused := must(asPartner.ConfirmAddressWithResponse(ctx, made.Id, guess))
	check(*got(refused.ApplicationproblemJSON422, refused.Body).Rule == "challenge-differs")
	return made.Id
}

// opened is an episode, opened twice under one key.
func opened() uuid.UUID {
	complaint := episodes.Complaint{
		Category: episodes.ComplaintCategoryChronicPain, Words: ptr("Back pain"), Sites: &[]episodes.Site{lumbar},
	}
	opening := episodes.EpisodeOpenedCommand{
		Client: client, Clinic: clinic, Therapist: therapist, Complaint: complaint, Age: ptr(47), OccurredAt: &earlier,
	}
	same := episodes.OpenEpisodeParams{IdempotencyKey: key()}
	answer := must(service.OpenEpisodeWithResponse(ctx, &same, opening))
	first := got(answer.JSON201, answer.Body)
	answer = must(service.OpenEpisodeWithResponse(ctx, &same, opening))
	second := got(answer.JSON201, answer.Body)
	check(first.Events[0] == second.Events[0] && first.Events[0].Type == "episode-opened.1", first, second)
	return first.Episode.Id
}

func consent(episode uuid.UUID) {
	client := episodes.Given{By: episodes.GivenByClient}
	treatment := episodes.TreatmentConsentedCommand{Given: client, SignedAt: earlier}
	treating := episodes.ConsentToTreatmentParams{IdempotencyKey: key()}
	answer := must(service.ConsentToTreatmentWithResponse(ctx, episode, &treating, treatment))
	got(answer.JSON201, answer.Body)
	kinds := []episodes.SharingConsentedCommandKinds{
		episodes.SharingConsentedCommandKindsPlans,
		episodes.SharingConsentedCommandKindsSessions,
		episodes.SharingConsentedCommandKindsClosure,
	}
	sharing := episodes.SharingConsentedCommand{Given: client, Kinds: kinds, Partner: partner}
	shared := must(service.ConsentToSharingWithResponse(ctx, episode, &episodes.ConsentToSharingParams{IdempotencyKey: key()}, sharing))
	got(shared.JSON201, shared.Body)
}

func assessAndPlan(episode uuid.UUID) {
	reading := episodes.Reading{
		Measure: pain, Site: &lumbar, Unit: ptr("{score}"), Scale: ptr("NRS 0-10"),
		Context: ptr(episodes.ReadingContextNow), Value: ptr(6.4),
	}
	assessed := episodes.AssessedCommand{
		Stage: episodes.AssessedCommandStageBaseline, Readings: &[]episodes.Reading{reading},
		Performer: &therapist, OccurredAt: &earlier,
	}
	assessing := episodes.RecordAssessmentParams{IdempotencyKey: key()}
	assessment := must(service.RecordAssessmentWithResponse(ctx, episode, &assessing, assessed))
	got(assessment.JSON201, assessment.Body)
	goal := episodes.Goal{Id: "pain", Measure: &pain, Baseline: ptr(6.4), Target: ptr(3.0)}
	plan := episodes.PlanSetCommand{
		Goals: &[]episodes.Goal{goal}, Techniques: &[]episodes.Technique{swedish},
		PlannedSessions: ptr(7), MinutesPerSession: ptr(30), OccurredAt: &earlier,
	}
	planned := must(service.SetPlanWithResponse(ctx, episode, &episodes.SetPlanParams{IdempotencyKey: key()}, plan))
	got(planned.JSON201, planned.Body)
}

// checked is the session check: may we treat?
func checked(episode uuid.UUID) uuid.UUID {
	fever := episodes.ScreeningItem{Code: episodes.ScreeningItemCodeFever, Answer: episodes.ScreeningItemAnswerAbsent}
	command := episodes.SessionCheckedCommand{
		Screening:  episodes.Screening{ListVersion: "clinic-intake/1", Items: &[]episodes.ScreeningItem{fever}},
		Techniques: &[]episodes.Technique{swedish},
		OccurredAt: &start,
	}
	answer := must(service.CheckSessionWithResponse(ctx, episode, &episodes.CheckSessionParams{IdempotencyKey: key()}, command))
	return got(answer.JSON201, answer.Body).Events[0].Id
}

// treat records the session, and what it left out; then care is closed. The session's id.
func treat(episode uuid.UUID) uuid.UUID {
	bruise := episodes.Adverse{
		Kind:     episodes.CodedOfAdverseKinds{Code: episodes.CodedOfAdverseKindsCodeBruising},
		Severity: ptr(episodes.AdverseSeverityMild),
	}
	session := episodes.SessionDeliveredCommand{
		DateOfService: types.Date{Time: start}, Start: &start, Duration: ptr(30),
		Techniques: []episodes.Technique{swedish}, Adverse: &[]episodes.Adverse{bruise},
		CheckId: ptr(checked(episode)), Performer: &therapist,
	}
	answer := must(service.RecordSessionWithResponse(ctx, episode, &episodes.RecordSessionParams{IdempotencyKey: key()}, session))
	id := got(answer.JSON201, answer.Body).Events[0].Id
	add(episode, id)
	closing := episodes.EpisodeClosedCommand{Reason: episodes.EpisodeClosedCommandReasonGoalAchieved, Summary: ptr("Pain down")}
	closed := must(service.CloseEpisodeWithResponse(ctx, episode, &episodes.CloseEpisodeParams{IdempotencyKey: key()}, closing))
	got(closed.JSON201, closed.Body)
	return id
}

func add(episode, session uuid.UUID) {
	var addition episodes.EntryAddedToCommand
	err := addition.FromEntryAddedToOfSessionDelivered(episodes.EntryAddedToOfSessionDelivered{
		Added:  episodes.SessionDeliveredParts{Place: ptr(episodes.SessionDeliveredPartsPlaceClinic)},
		Reason: ptr("Left out in the evening"),
	})
	check(err == nil, err)
	params := episodes.AddToEntryParams{IdempotencyKey: key()}
	answer := must(service.AddToEntryWithResponse(ctx, episode, session, &params, addition))
	got(answer.JSON201, answer.Body)
}

// read reads the state, the history and one event.
func read(episode, session uuid.UUID) {
	answer := must(service.GetEpisodeWithResponse(ctx, episode, &episodes.GetEpisodeParams{}))
	state := got(answer.JSON200, answer.Body)
	check(state.Version == 9 && *state.Status == episodes.EpisodeStateStatusClosed, state.Version)
	check((*state.SessionChecks)[0].Verdict == "go")
	delivered := (*state.Sessions)[0]
	check(delivered.Id == session && delivered.Techniques[0].Code == "swedish", delivered)
	check(delivered.Adverse[0].Kind.Code == "bruising" && *delivered.Place == episodes.SessionEntryPlaceClinic)
	check(delivered.Start.Equal(start.Truncate(time.Microsecond)), delivered.Start, start)
	check(*(*state.Assessments)[0].Readings[0].Value == 6.4)
	history := must(service.GetEpisodeHistoryWithResponse(ctx, episode, nil))
	for place, event := range got(history.JSON200, history.Body).Events {
		check(event.Version == place+1, event)
	}
	one := must(service.GetEventWithResponse(ctx, episode, session))
	event := got(one.JSON200, one.Body)
	check(event.Type == "session-delivered.1" && event.Fact["duration"] == 30.0, event)
}

// follow reads the list and the feed.
func follow(episode uuid.UUID) {
	query := episodes.ListEpisodesParams{Client: &client, AfterWrite: ptr(episode.String() + ":9")}
	listed := must(service.ListEpisodesWithResponse(ctx, &query))
	page := got(listed.JSON200, listed.Body)
	check(page.Episodes[0].Id == episode && page.Episodes[0].Status == episodes.ListedEpisodeStatusClosed && page.Next == nil)
	answer := must(service.ReadFeedWithResponse(ctx, &episodes.ReadFeedParams{Limit: ptr(1000)}))
	feed := got(answer.JSON200, answer.Body)
	var published []string
	for _, event := range feed.Events {
		if event.Subject == episode {
			published = append(published, event.Type)
		}
	}
	check(published[0] == "care.episode.episode_opened.v1" && published[1] == "care.episode.sharing_consented.v1", published)
	check(feed.Next != "")
}

// beRefused meets a rule that refuses a command, and a header that cannot be read.
func beRefused(episode uuid.UUID) {
	params := episodes.SetPlanParams{IdempotencyKey: key()}
	answer := must(service.SetPlanWithResponse(ctx, episode, &params, episodes.PlanSetCommand{}))
	problem := got(answer.ApplicationproblemJSON422, answer.Body)
	check(problem.Type == episodes.RULEBROKEN && *problem.Rule == "episode-closed", problem)
	params = episodes.SetPlanParams{IdempotencyKey: "none"}
	answer = must(service.SetPlanWithResponse(ctx, episode, &params, episodes.PlanSetCommand{}))
	problem = got(answer.ApplicationproblemJSON400, answer.Body)
	check((*problem.Errors)[0].Pointer == "/headers/idempotency-key", problem)
}

// beTold reads what the partner was sent, and what the clinic must see.
func beTold(subscription, episode uuid.UUID) {
	deliveries := awaited(func() *[]notifications.DeliveryView { return delivered(subscription) })
	check(deliveries[0].Number == 1 && *deliveries[0].Attempts[0].Status == 204 && deliveries[0].Attempts[0].Error == nil)
	found := must(asPartner.GetSubscriptionWithResponse(ctx, subscription))
	check(got(found.JSON200, found.Body).Address == notifications.SubscriptionViewAddressProved)
	answer := must(asPartner.ListMissedEventsWithResponse(ctx, subscription, &notifications.ListMissedEventsParams{}))
	first := must(got(answer.JSON200, answer.Body).Events[0].AsTold())
	check(first.Type == "care.episode.plan_set.v1" && first.Data.Episode == episode, first)
	item := awaited(alert)
	check(item.Acknowledgement == nil && item.Episode == episode)
	seen := must(asTherapist.AcknowledgeItemWithResponse(ctx, item.Id))
	check(got(seen.JSON200, seen.Body).Acknowledgement.By == therapist)
}

// delivered is the deliveries, once each was made.
func delivered(subscription uuid.UUID) *[]notifications.DeliveryView {
	answer := must(asPartner.ListDeliveriesWithResponse(ctx, subscription, &notifications.ListDeliveriesParams{}))
	var made []notifications.DeliveryView
	for _, delivery := range got(answer.JSON200, answer.Body).Deliveries {
		if delivery.State == notifications.DeliveryViewStateDelivered {
			made = append(made, delivery)
		}
	}
	if len(made) < 4 {
		return nil
	}
	return &made
}

// alert is the adverse reaction in the inbox of the clinic.
func alert() *notifications.InboxItem {
	answer := must(asTherapist.ReadInboxWithResponse(ctx, &notifications.ReadInboxParams{}))
	for _, item := range got(answer.JSON200, answer.Body).Items {
		if item.Concern == notifications.AdverseReaction {
			return &item
		}
	}
	return nil
}

// awaited is what is seen, as soon as it is there.
func awaited[T any](look func() *T) T {
	for range 300 {
		if seen := look(); seen != nil {
			return *seen
		}
		time.Sleep(100 * time.Millisecond)
	}
	panic("not within 30 s")
}

func main() {
	introduce()
	subscription := subscribe()
	episode := opened()
	consent(episode)
	assessAndPlan(episode)
	session := treat(episode)
	read(episode, session)
	follow(episode)
	beRefused(episode)
	beTold(subscription, episode)
}
