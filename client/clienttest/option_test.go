package clienttest_test

import (
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestBadOptions(t *testing.T) {
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
