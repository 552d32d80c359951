package main

import (
	"slices"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestSpansAreNamedByOperation(t *testing.T) {
	t.Parallel()
	recorder := tracetest.NewSpanRecorder()
	fake := clienttest.NewServer(t)
	fake.Fail(clienttest.Fault{Operation: "getContacts", Count: 1, Status: 503})
	c := fake.Client(client.WithHTTPClient(tracedClient(trace.NewTracerProvider(trace.WithSpanProcessor(recorder)))))

	if _, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{Email: "ada@example.com"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Contacts.List(t.Context(), client.ListRequest{}); err != nil {
		t.Fatal(err)
	}

	var names []string
	for _, span := range recorder.Ended() {
		names = append(names, span.Name())
	}
	want := []string{"highlevel createContact", "highlevel getContacts", "highlevel getContacts"} // one of them repeated
	if !slices.Equal(names, want) {
		t.Errorf("spans %q, want %q", names, want)
	}
}
