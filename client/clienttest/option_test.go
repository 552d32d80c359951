package clienttest_test

import (
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestOptions_InvalidValue(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]clienttest.Option{
		"default token":    clienttest.WithDefaultToken(""),
		"default location": clienttest.WithDefaultLocationID(""),
		"rate limit":       clienttest.WithRateLimit(clienttest.RateLimit{Max: 1}),
		"state":            clienttest.WithState(""),
		"state in nowhere": clienttest.WithState("/nowhere/at/all"),
		"request log":      clienttest.WithRequestLog(-1),
		"clock":            clienttest.WithClock(nil),
		"address":          clienttest.WithAddress("nowhere:at all"),
	} {
		if s, err := clienttest.Start(option); err == nil {
			t.Errorf("no error for %s", name)
			s.Close()
		}
	}
}

func TestServer_AddToken_EmptyValue(t *testing.T) {
	t.Parallel()
	tb := &fatalTB{TB: t}
	clienttest.NewServer(tb, clienttest.WithoutSocket()).AddToken(clienttest.Token{LocationID: "other"})
	if want := "AddToken: token: Value is empty"; !strings.Contains(tb.message, want) {
		t.Errorf("got message %q, want %q", tb.message, want)
	}
}
