package main

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/highlevel-contacts/contacts-go/client"
)

// tracedClient returns an HTTP client that records a span for each attempt, named after the
// operation.
func tracedClient(provider trace.TracerProvider) *http.Client {
	return &http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport,
		otelhttp.WithTracerProvider(provider),
		otelhttp.WithSpanNameFormatter(func(_ string, req *http.Request) string {
			operation, _ := client.OperationFromContext(req.Context())
			return "highlevel " + operation
		}))}
}

// recordCalls returns a call hook that records the duration and the number of attempts of each
// call.
func recordCalls(provider metric.MeterProvider) (func(context.Context, client.CallInfo), error) {
	meter := provider.Meter("github.com/highlevel-contacts/contacts-go")
	duration, err := meter.Float64Histogram("highlevel.call.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of calls, including retries and waits for the rate limit."))
	if err != nil {
		return nil, err
	}
	attempts, err := meter.Int64Counter("highlevel.call.attempts", metric.WithUnit("{request}"),
		metric.WithDescription("Number of requests that were sent."))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, info client.CallInfo) {
		attributes := []attribute.KeyValue{attribute.String("highlevel.operation", info.Operation)}
		if info.Err != nil {
			attributes = append(attributes, attribute.String("error.type", string(client.KindOf(info.Err))))
		}
		set := metric.WithAttributeSet(attribute.NewSet(attributes...))
		duration.Record(ctx, info.Duration.Seconds(), set)
		attempts.Add(ctx, int64(info.Attempts), set)
	}, nil
}

// withoutQuery is a span processor that removes the query from the URLs of spans.
type withoutQuery struct{ sdktrace.SpanProcessor }

// OnEnd calls the other span processor with a span that has no query.
func (p withoutQuery) OnEnd(span sdktrace.ReadOnlySpan) {
	p.SpanProcessor.OnEnd(spanWithoutQuery{span})
}

type spanWithoutQuery struct{ sdktrace.ReadOnlySpan }

// Attributes returns the attributes of the span. Its URL ends before the query.
func (s spanWithoutQuery) Attributes() []attribute.KeyValue {
	attributes := slices.Clone(s.ReadOnlySpan.Attributes())
	for i, attr := range attributes {
		if attr.Key == "url.full" {
			address, _, _ := strings.Cut(attr.Value.AsString(), "?")
			attributes[i] = attr.Key.String(address)
		}
	}
	return attributes
}
