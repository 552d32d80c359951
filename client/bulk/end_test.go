package bulk_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestAll_DeadlineExpires(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Delay: 3 * time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), 14*time.Second)
		defer cancel()
		read := 0
		outcomes, ok, ambiguous := 0, 0, 0
		for _, outcome := range bulk.All(ctx, counted(creates(1000), &read), bulk.Create(hl.Client())) {
			outcomes++
			switch {
			case outcome.Err == nil:
				ok++
			case errors.Is(outcome.Err, client.ErrMaybeApplied):
				ambiguous++
			case !errors.Is(outcome.Err, context.DeadlineExceeded):
				t.Error(outcome.Err)
			}
		}
		if outcomes != read || read > 202 || ok < 100 {
			t.Errorf("got %d inputs read, %d outcomes, %d ok, %d ambiguous, want an outcome for each input", read, outcomes, ok, ambiguous)
		}
		cancel()
		for range bulk.All(ctx, counted(creates(1000), &read), bulk.Create(hl.Client())) {
			t.Error("an outcome after the end of the context")
		}
	})
}

func TestAll_ContextCanceled_SentWritesAreAmbiguous(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Delay: 3 * time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		outcomes, ambiguous, canceled := 0, 0, 0
		for _, outcome := range bulk.All(ctx, contacts(1000), bulk.Upsert(hl.Client())) {
			outcomes++
			if errors.Is(outcome.Err, client.ErrMaybeApplied) {
				ambiguous++
			}
			if errors.Is(outcome.Err, context.Canceled) {
				canceled++
			}
		}
		if outcomes != 100 || ambiguous != 100 || canceled != 100 {
			t.Errorf("got %d outcomes, %d ambiguous, %d canceled, want 100 of each", outcomes, ambiguous, canceled)
		}
	})
}

func TestAll_DailyLimit(t *testing.T) {
	t.Parallel()
	limit := clienttest.ProductionLimit
	limit.Daily = 150
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		outcomes, read, rejected := 0, 0, 0
		for _, outcome := range bulk.All(t.Context(), counted(contacts(1000), &read), bulk.Upsert(hl.Client())) {
			outcomes++
			if outcome.Err != nil {
				rejected++
				if !errors.Is(outcome.Err, client.ErrDailyLimit) || !errors.Is(outcome.Err, client.ErrRateLimited) {
					t.Error(outcome.Err)
				}
			}
		}
		if hl.Len() != 150 || outcomes != read || rejected == 0 || rejected > 100 {
			t.Errorf("got %d contacts, %d inputs read, %d outcomes, %d rejected, want 150 contacts and an outcome for each input", hl.Len(), read, outcomes, rejected)
		}
	}, clienttest.WithRateLimit(limit))
}

// The last write before the daily limit may have been applied. The writes that wait for it are not
// sent, so they cannot have been applied.
func TestAll_DailyLimit_UnsentCallsAreNotAmbiguous(t *testing.T) {
	t.Parallel()
	limit := clienttest.ProductionLimit
	limit.Daily = 1
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Operation: "upsertContact", Count: 1, Connection: clienttest.ConnectionResetAfterApply})
		op := bulk.Upsert(hl.Client())
		op.ContactKeys = func(client.UpsertContactRequest) []string { return []string{"same"} }
		ambiguous, rejected := 0, 0
		for _, outcome := range bulk.All(t.Context(), contacts(10), op, bulk.WithMaxInFlight(3)) {
			if errors.Is(outcome.Err, client.ErrMaybeApplied) {
				ambiguous++
			}
			if errors.Is(outcome.Err, client.ErrDailyLimit) && errors.Is(outcome.Err, client.ErrRateLimited) {
				rejected++
			}
		}
		if ambiguous != 1 || rejected != 4 {
			t.Errorf("got %d ambiguous and %d rejected outcomes, want 1 and 4", ambiguous, rejected)
		}
	}, clienttest.WithRateLimit(limit))
}

// A token that the API refuses ends the run. A gateway that refuses one request does not.
func TestAll_TokenRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fault clienttest.Fault
		want  error // nil if the run goes on
	}{
		{"revoked", clienttest.Fault{Status: 401, Body: `{"statusCode":401,"message":"Invalid JWT"}`}, client.ErrUnauthorized},
		{"scope", clienttest.Fault{Status: 401, Body: `{"statusCode":401,"message":"The token is not authorized for this scope."}`}, client.ErrForbidden},
		{"class", clienttest.Fault{Status: 401, Body: `{"statusCode":401,"message":"This authClass type is not allowed to access this scope."}`}, client.ErrForbidden},
		{"location", clienttest.Fault{Status: 403, Body: `{"statusCode":403,"message":"The token does not have access to this location."}`}, client.ErrForbidden},
		{"gateway", clienttest.Fault{Count: 1, Status: 403, Body: clienttest.GatewayPage, Header: clienttest.HTMLHeader()}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, hl *clienttest.Server) {
				hl.InjectFaults(tt.fault)
				inputs, read, outcomes, failed := 50, 0, 0, 0
				for _, outcome := range bulk.All(t.Context(), counted(contacts(inputs), &read), bulk.Upsert(hl.Client()), bulk.WithMaxInFlight(10)) {
					outcomes++
					if outcome.Err != nil {
						failed++
					}
					if tt.want != nil && !errors.Is(outcome.Err, tt.want) || errors.Is(outcome.Err, client.ErrMaybeApplied) {
						t.Errorf("got %v, want %v", outcome.Err, tt.want)
					}
				}
				if outcomes != read {
					t.Errorf("got %d outcomes of %d inputs that were read", outcomes, read)
				}
				if sent := len(hl.Requests()); tt.want != nil && sent > 10 {
					t.Errorf("got %d requests, want at most those in flight", sent)
				}
				if tt.want == nil && (failed != 1 || read != inputs) {
					t.Errorf("got %d failed outcomes of %d inputs, want 1 of %d", failed, read, inputs)
				}
			}, clienttest.WithRateLimit(clienttest.RateLimit{}))
		})
	}
}
