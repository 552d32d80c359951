package client_test

import (
	"bytes"
	"encoding/json"
	"log"
	"log/slog"
	"net/http"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

// TestWithLogger compares complete records, so that they contain no other attributes.
func TestWithLogger(t *testing.T) {
	t.Parallel()
	limits := http.Header{
		"Cf-Ray": {"8f1c-IAD"}, "X-Ratelimit-Max": {"100"}, "X-Ratelimit-Remaining": {"99"}, "X-Ratelimit-Interval-Milliseconds": {"10000"},
		"X-Ratelimit-Limit-Daily": {"200000"}, "X-Ratelimit-Daily-Remaining": {"199512"},
	}
	const get = " operation=getContact method=GET path=/proxy/v1/contacts/abc "
	const forbidden = ` kind=forbidden cause="getContact: GET /proxy/v1/contacts/abc: 403 forbidden: no (trace 9f1c8e0a-58d3-4c3c-a60b-6c5e2b1d7f30)"`
	for _, test := range []struct {
		name         string
		stubResponse stubResponse
		level        slog.Level
		want         string
	}{
		{
			"success, debug",
			stubResponse{status: 200, body: everything.body, header: limits},
			slog.LevelDebug,
			`level=DEBUG msg="highlevel: attempt"` + get + "status=200 attempt=1 cf_ray=8f1c-IAD remaining=99 daily_remaining=199512\n",
		},
		{"success", stubResponse{status: 200, body: everything.body, header: limits}, slog.LevelInfo, ""},
		{
			"error, debug",
			stubResponse{status: 403, body: `{"message":"no","traceId":"9f1c8e0a-58d3-4c3c-a60b-6c5e2b1d7f30"}`},
			slog.LevelDebug,
			`level=DEBUG msg="highlevel: attempt"` + get + "status=403 attempt=1 cf_ray=\"\"" + forbidden + " trace_id=9f1c8e0a-58d3-4c3c-a60b-6c5e2b1d7f30\n" +
				`level=WARN msg="highlevel: call failed"` + get + "status=403 attempt=1 cf_ray=\"\"" + forbidden + " trace_id=9f1c8e0a-58d3-4c3c-a60b-6c5e2b1d7f30\n",
		},
		{
			"error",
			stubResponse{status: 500, body: html},
			slog.LevelWarn,
			`level=WARN msg="highlevel: call failed"` + get + "status=500 attempt=1 cf_ray=\"\" kind=server cause=\"getContact: GET /proxy/v1/contacts/abc: 500 server error\" trace_id=\"\"\n",
		},
		{"error, but errors alone", stubResponse{status: 500, body: html}, slog.LevelError, ""},
		{
			"bad response", ok(html), slog.LevelWarn,
			`level=WARN msg="highlevel: call failed"` + get + "status=200 attempt=1 cf_ray=\"\"" + ` kind=bad_response cause="getContact: GET /proxy/v1/contacts/abc: bad response: ` +
				`the body is not a complete JSON object (status 200, content type \"application/json; charset=utf-8\", 121 bytes)"` + "\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var logged bytes.Buffer
			handler := slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: test.level, ReplaceAttr: withoutTimes})
			c := newClient(t, &stub{responses: []stubResponse{test.stubResponse}}, client.WithLogger(slog.New(handler)))
			_, _ = c.Contacts.Get(t.Context(), "abc")
			if diff := cmp.Diff(test.want, logged.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// withoutTimes removes the attributes that differ in each run.
func withoutTimes(_ []string, attr slog.Attr) slog.Attr {
	if attr.Key == slog.TimeKey || attr.Key == "waited" || attr.Key == "duration" {
		return slog.Attr{}
	}
	return attr
}

// TestWithLogger_Default is not parallel, because it redirects the output of package log, to which
// the default logger writes.
func TestWithLogger_Default(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	c, _ := newStub(t, stubResponse{status: 500, body: html})
	_, _ = c.Contacts.Get(t.Context(), "abc")
	if logged.Len() != 0 {
		t.Errorf("logged %s", logged.String())
	}
}

// TestLog_Levels checks that expected errors are logged at debug level.
func TestLog_Levels(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelInfo}))
	c := newClient(t, &stub{responses: []stubResponse{{status: 400, body: `{"message":"Contact not found for id:abc"}`}}}, client.WithLogger(logger))
	_, _ = c.Contacts.Get(t.Context(), "abc")
	if logged.Len() > 0 {
		t.Errorf("a Get of a contact that does not exist logged %s", &logged)
	}
	_ = c.Contacts.Delete(t.Context(), "abc")
	var record struct{ Kind, Cause string }
	if err := json.Unmarshal(logged.Bytes(), &record); err != nil || record.Kind != "not_found" || record.Cause == "" {
		t.Errorf("got %s, want kind and cause", &logged)
	}
}
