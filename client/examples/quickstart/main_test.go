package main

import (
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// The tour checks its own results: it returns an error if a call does not end as its step says.
func TestTour(t *testing.T) {
	steps = 0
	fake := clienttest.NewServer(t)
	fake.Seed(samples(230)...)
	if err := tour(t.Context(), fake.Client(), fake); err != nil {
		t.Fatal(err)
	}
	if steps != 15 {
		t.Errorf("got %d steps, want 15", steps)
	}
	// One contact was created and deleted, one was created by the upsert, one without a response.
	if fake.Len() != 232 {
		t.Errorf("got %d contacts, want 232", fake.Len())
	}
}
