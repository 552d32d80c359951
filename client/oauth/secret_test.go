package oauth_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

const secretValue = "pssst-4711"

// No value of this package prints its secrets, for any verb and encoding. The test does not run in
// parallel: fmt reads the time zone that an unexported time points to, while other tests
// initialize it.
func TestSecret_Printing(t *testing.T) {
	secret := client.NewSecret(secretValue)
	credential := oauth.Credential{AccessToken: secret, RefreshToken: secret, Expiry: time.Now().Add(time.Hour), UserType: oauth.UserTypeCompany}
	c := config(newFakeAPI(oauth.UserTypeCompany))
	c.ClientSecret = secret
	app := newApp(t, c)
	memory := oauth.NewMemoryStore()
	if err := oauth.Save(t.Context(), memory, credential); err != nil {
		t.Fatal(err)
	}
	source := app.Source(memory)
	mustToken(t.Context(), t, source)
	type holder struct {
		Exported client.Secret
		hidden   client.Secret
		pointer  *client.Secret
		list     []client.Secret
		value    oauth.Credential
		config   oauth.Config
		any      any
	}
	all := map[string]any{
		"secret": secret, "pointer": &secret, "credential": credential, "pointer to credential": &credential, "config": c, "app": app,
		"store": memory, "source": source, "location source": source.Location("a"), "file store": oauth.NewFileStore("x"),
		"holder": holder{secret, secret, &secret, []client.Secret{secret}, credential, c, credential},
	}
	for name, value := range all {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%08.3f", "%t"} {
			if got := fmt.Sprintf(verb, value); leaks(got) {
				t.Errorf("%s of %s: got %s, want it redacted", verb, name, got)
			}
		}
		var log bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			slog.New(handler).Info("x", "value", value)
		}
		data, _ := json.Marshal(value)
		data2, _ := jsonv2.Marshal(value)
		data3, _ := xml.Marshal(value)
		for _, got := range []string{log.String(), string(data), string(data2), string(data3)} {
			if leaks(got) {
				t.Errorf("%s: got %s, want it redacted", name, got)
			}
		}
	}
}

// leaks reports whether text contains the secret, or its bytes in hexadecimal.
func leaks(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, secretValue) || strings.Contains(text, fmt.Sprintf("%x", secretValue))
}
