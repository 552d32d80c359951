package bulk_test

import (
	"context"
	"fmt"
	"net/http"
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
		counts := count(bulk.All(ctx, counted(creates(1000), &read), bulk.Create(hl.Client())))
		if counts[errAny] != read || read > 202 || counts[nil] < 100 || counts[nil]+counts[context.DeadlineExceeded] != read {
			t.Errorf("got %d inputs read and the outcomes %v, want a success or DeadlineExceeded for each input", read, counts)
		}
		cancel()
		if counts := count(bulk.All(ctx, creates(1000), bulk.Create(hl.Client()))); counts[errAny] != 0 {
			t.Errorf("got %v after the end of the context, want no outcome", counts)
		}
	})
}

func TestAll_ContextCanceled_SentWritesAreAmbiguous(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		hl.InjectFaults(clienttest.Fault{Delay: 3 * time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		counts := count(bulk.All(ctx, contacts(1000), bulk.Upsert(hl.Client())))
		if counts[errAny] != 100 || counts[client.ErrMaybeApplied] != 100 || counts[context.Canceled] != 100 {
			t.Errorf("got %v, want 100 outcomes that are ambiguous and canceled", counts)
		}
	})
}

func TestAll_DailyLimit(t *testing.T) {
	t.Parallel()
	limit := clienttest.ProductionLimit
	limit.Daily = 150
	inBubble(t, func(t *testing.T, hl *clienttest.Server) {
		read := 0
		counts := count(bulk.All(t.Context(), counted(contacts(1000), &read), bulk.Upsert(hl.Client())))
		rejected := read - 150
		if hl.Len() != 150 || counts[nil] != 150 || counts[errAny] != read || rejected < 1 || rejected > 100 ||
			counts[client.ErrDailyLimit] != rejected || counts[client.ErrRateLimited] != rejected {
			t.Errorf("got %d contacts, %d inputs read, %v, want 150 contacts and an outcome for each input", hl.Len(), read, counts)
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
		counts := count(bulk.All(t.Context(), contacts(10), op, bulk.WithMaxInFlight(3)))
		if counts[client.ErrMaybeApplied] != 1 || counts[client.ErrDailyLimit] != 4 || counts[client.ErrRateLimited] != 4 {
			t.Errorf("got %v, want 1 ambiguous and 4 rejected outcomes", counts)
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
		inBubble(t, func(t *testing.T, hl *clienttest.Server) {
			hl.InjectFaults(tt.fault)
			const inputs, inFlight = 50, 10
			read := 0
			counts := count(bulk.All(t.Context(), counted(contacts(inputs), &read), bulk.Upsert(hl.Client()), bulk.WithMaxInFlight(inFlight)))
			wantRead, sent := read, len(hl.Requests())
			if tt.want == nil {
				wantRead, sent = inputs-1, 0 // one call fails
			}
			if counts[tt.want] != wantRead || counts[errAny] != read || counts[client.ErrMaybeApplied] != 0 || sent > inFlight {
				t.Errorf("%s: got %v of %d inputs and %d requests, want %v", tt.name, counts, read, sent, tt.want)
			}
		}, clienttest.WithRateLimit(clienttest.RateLimit{}))
	}
}

// refusing is a token source for which the API issues no token.
type refusing struct{}

func (refusing) Token(context.Context) (string, error) {
	return "", fmt.Errorf("oauth: %w", &client.Error{Kind: client.ErrForbidden, StatusCode: http.StatusForbidden})
}

func TestAll_NoToken(t *testing.T) {
	t.Parallel()
	c, err := client.New(refusing{}, client.WithLocation("ve9EPM428h8vShlRW1KT"))
	if err != nil {
		t.Fatal(err)
	}
	const inputs, inFlight = 50, 10
	read := 0
	counts := count(bulk.All(t.Context(), counted(contacts(inputs), &read), bulk.Upsert(c), bulk.WithMaxInFlight(inFlight)))
	if counts[client.ErrForbidden] != read || read > 2*inFlight {
		t.Errorf("got %v of %d inputs, want an end after the first ones", counts, read)
	}
}
