package clienttest_test

import (
	"testing"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

func TestOptions_InvalidValue(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]clienttest.Option{
		"default token":    clienttest.WithDefaultToken(""),
		"default location": clienttest.WithDefaultLocationID(""),
		"rate limit":       clienttest.WithRateLimit(clienttest.RateLimit{Max: 1}),
		"nil":              nil,
		"behavior":         clienttest.WithBehavior(clienttest.Behavior{IndexLag: -1}),
		"consent":          clienttest.WithConsent(clienttest.Grant{UserType: "Person"}),
		"country":          clienttest.WithLocationSettings(clienttest.Location{Country: "Germany"}),
		"request hook":     clienttest.WithRequestHook(nil),
		"request log":      clienttest.WithRequestLog(-1),
		"webhooks":         clienttest.WithWebhooks("localhost:8080/webhooks"),
	} {
		if s, err := clienttest.Start(option); err == nil {
			t.Errorf("no error for %s", name)
			s.Close()
		}
	}
}

// Two servers do not accept the tokens of each other.
func TestServer_Token_Distinct(t *testing.T) {
	t.Parallel()
	a, b := clienttest.NewServer(t), clienttest.NewServer(t)
	if a.Token == b.Token || a.AuthorizationCode(clienttest.Grant{}) == b.AuthorizationCode(clienttest.Grant{}) {
		t.Errorf("got the token %s or a code twice", a.Token)
	}
}
