package client_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
)

// TestContactsService_Create_Frames counts the functions of this module between Create and the
// transport.
func TestContactsService_Create_Frames(t *testing.T) {
	t.Parallel()
	var frames []string
	c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		pcs := make([]uintptr, 64)
		stack := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
		for {
			frame, more := stack.Next()
			if strings.Contains(frame.Function, "contacts-go/client.") || strings.Contains(frame.Function, "contacts-go/gen.") {
				frames = append(frames, frame.Function)
			}
			if !more {
				return everything.response(req), nil
			}
		}
	}))
	if _, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{FirstName: "Jane"}); err != nil {
		t.Fatal(err)
	}
	if len(frames) == 0 || len(frames) > 8 {
		t.Errorf("got %d frames, want at most 8: %q", len(frames), frames)
	}
	if slices.ContainsFunc(frames, func(name string) bool { return strings.Contains(name, ".func") }) {
		t.Errorf("got a closure in %q", frames)
	}
}

// TestIdempotencyHeader_HTTP1 sends the header that makes net/http resend a POST by itself.
func TestIdempotencyHeader_HTTP1(t *testing.T) {
	t.Parallel()
	var getBody bool
	c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		getBody = req.GetBody != nil
		return everything.response(req), nil
	}))
	_, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{FirstName: "Jane"}, client.WithHeader("Idempotency-Key", "1"))
	if err != nil || getBody {
		t.Errorf("got %v, GetBody %v, want none: net/http sends a request with GetBody again", err, getBody)
	}
}

// TestClient_ContextEnds ends the context while the transport waits for a response.
func TestClient_ContextEnds(t *testing.T) {
	t.Parallel()
	for _, operation := range operations {
		ctx, cancel := context.WithCancel(t.Context())
		c := newClient(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			cancel()
			<-req.Context().Done()
			return nil, req.Context().Err()
		}))
		err := operation.call(ctx, c)
		if !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrMaybeApplied) != operation.write {
			t.Errorf("%s: %v", operation.name, err)
		}
		cancel()
	}
}
