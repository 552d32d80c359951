package api_test

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// What differs from the vendor's document has its row in NOTES.md. Operations and schemas all differ, in name at least.
func TestNotesNameWhatDiffers(t *testing.T) {
	t.Parallel()
	notes, err := os.ReadFile("NOTES.md")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, code := range regexp.MustCompile("`[^`\n]+`").FindAllString(string(notes), -1) {
		named = append(named, regexp.MustCompile(`[\w-]+`).FindAllString(code, -1)...)
	}

	doc := load(t)
	allOurs := []string{"AdditionalEmail", "AdditionalPhone", "CreatedBy", "ErrorMeta", "ListMeta"} // the vendor has none of them
	var want []string
	for id := range routes {
		want = append(want, id)
	}
	for name, schema := range doc.Components.Schemas {
		want = append(want, name)
		if slices.Contains(allOurs, name) {
			for member := range schema.Value.Properties {
				want = append(want, member)
			}
		}
	}
	for name := range doc.Components.SecuritySchemes {
		want = append(want, name)
	}
	for name := range doc.Components.Responses {
		want = append(want, name)
	}
	_, list := route(t, "getContacts")
	for name := range list.Responses.Value("2XX").Value.Headers {
		want = append(want, name)
	}
	for _, name := range want {
		if !slices.Contains(named, name) {
			t.Errorf("NOTES.md does not name %s", name)
		}
	}
}
