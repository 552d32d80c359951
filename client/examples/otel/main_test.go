package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestSpans_OnePerAttempt(t *testing.T) {
	t.Parallel()
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(withoutQuery{recorder}))
	fake := clienttest.NewServer(t)
	fake.InjectFaults(clienttest.Fault{Operation: "getContacts", Count: 1, Status: 503})
	c := fake.Client(client.WithHTTPClient(tracedClient(provider)))

	if _, err := c.Contacts.Create(t.Context(), client.CreateContactRequest{Email: "ada@example.com"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Contacts.List(t.Context(), client.ListRequest{Query: "lovelace"}); err != nil {
		t.Fatal(err)
	}

	var names []string
	for _, span := range recorder.Ended() {
		names = append(names, span.Name())
		for _, attr := range span.Attributes() {
			if strings.Contains(attr.Value.String(), "lovelace") {
				t.Errorf("span %s: got attribute %s = %s, want no query", span.Name(), attr.Key, attr.Value.String())
			}
		}
	}
	want := []string{"highlevel Contacts.Create", "highlevel Contacts.List", "highlevel Contacts.List"}
	if !slices.Equal(names, want) {
		t.Errorf("got spans %q, want %q", names, want)
	}
}

func TestMetrics_OnePerCall(t *testing.T) {
	t.Parallel()
	reader := sdkmetric.NewManualReader()
	hook, err := recordCalls(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	if err != nil {
		t.Fatal(err)
	}
	fake := clienttest.NewServer(t)
	fake.InjectFaults(clienttest.Fault{Operation: "getContacts", Count: 1, Status: 503})
	c := fake.Client(client.WithCallHook(hook))

	if _, err := c.Contacts.List(t.Context(), client.ListRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Contacts.Get(t.Context(), "doesNotExist12345678"); !errors.Is(err, client.ErrNotFound) {
		t.Fatal(err)
	}

	var collected metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	calls, attempts := map[string]uint64{}, map[string]int64{}
	for _, metric := range collected.ScopeMetrics[0].Metrics {
		switch data := metric.Data.(type) {
		case metricdata.Histogram[float64]:
			for _, point := range data.DataPoints {
				calls[label(point.Attributes)] = point.Count
			}
		case metricdata.Sum[int64]:
			for _, point := range data.DataPoints {
				attempts[label(point.Attributes)] = point.Value
			}
		}
	}
	const list, get = "Contacts.List", "Contacts.Get not_found"
	if calls[list] != 1 || calls[get] != 1 || attempts[list] != 2 || attempts[get] != 1 {
		t.Errorf("got calls %v and attempts %v", calls, attempts)
	}
}

// label returns the values of a set of attributes.
func label(set attribute.Set) string {
	operation, _ := set.Value("highlevel.operation")
	kind, _ := set.Value("error.type")
	return strings.TrimSpace(operation.AsString() + " " + kind.AsString())
}

func TestRun(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"highlevel Contacts.Create", "highlevel Contacts.Get", "highlevel.call.duration"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got %s, want it to contain %q", out.String(), want)
		}
	}
	if strings.Contains(out.String(), "ada@example.com") {
		t.Error("got an email address")
	}
}
