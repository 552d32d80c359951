package client_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/bulk"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
)

// The Go blocks of the README are excerpts of examples and of these functions, which are compiled and not
// called.
var _ = []any{readmeList, readmeBulk, readmeAgency, readmeTest}

func readmeList(ctx context.Context, token, locationID string) error {
	c, err := client.New(client.StaticToken(token), client.WithLocation(locationID))
	if err != nil {
		return err
	}
	for contact, err := range c.Contacts.All(ctx, client.ListRequest{}) {
		if err != nil {
			return err
		}
		fmt.Println(contact.ID, contact.Email)
	}
	return nil
}

func readmeBulk(ctx context.Context, c *client.Client, rows []client.UpsertContactRequest) {
	for row, outcome := range bulk.All(ctx, slices.All(rows), bulk.Upsert(c)) {
		if outcome.Err != nil {
			fmt.Println(row, client.KindOf(outcome.Err))
		}
	}
}

func readmeAgency(app *oauth.App, store oauth.TokenStore, locationID string) (*client.Client, error) {
	pool := oauth.NewClientPool(app.Source(store), nil) // create one, and share it
	c, err := pool.Client(locationID)                   // requests tokens of the location with the token of the agency
	return c, err
}

func readmeTest(t *testing.T) *client.Client {
	t.Helper()
	fake := clienttest.NewServer(t)
	fake.Seed(client.Contact{FirstName: "Ada", Email: "ada@example.com"})
	fake.InjectFaults(clienttest.Fault{ // the contact is created, and no response arrives
		Operation: "createContact", Count: 1, Connection: clienttest.ConnectionResetAfterApply,
	})
	c := fake.Client()
	return c
}

// TestReadme_GoBlocks checks that each Go block of the README is an excerpt of an example, which the
// tests of its module compile. White space is ignored.
func TestReadme_GoBlocks(t *testing.T) {
	read := func(name string) string {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	withoutSpace := func(text string) string { return strings.Join(strings.Fields(text), "") }
	var examples strings.Builder
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if matched, _ := filepath.Match("example*_test.go", filepath.Base(path)); matched {
			examples.WriteString(withoutSpace(read(path)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read("../README.md"), -1)
	if len(blocks) < 5 {
		t.Errorf("got %d blocks, want at least 5", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(examples.String(), withoutSpace(block[1])) {
			t.Errorf("this block of the README is in no example*_test.go:\n%s", block[1])
		}
	}
}
