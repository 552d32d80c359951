package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode"
)

const generated = "../gen/gen.go"

func TestGeneratedCode(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), generated, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		name, ok := node.(*ast.Ident)
		if !ok {
			return true
		}
		if name.Name == "float32" {
			t.Error("float32 loses the last digits of cursors")
		}
		if !name.IsExported() {
			return true
		}
		for _, word := range words(name.Name) {
			switch word {
			case "Id", "Ids", "Url", "Dnd", "Api", "Fb", "Gmb", "Ip", "Json", "Sms", "Ssn", "Uuid":
				t.Errorf("%s: %s is an initialism", name.Name, word)
			}
		}
		switch name.Name {
		case "GetSwagger", "GetSpec", "GetSpecJSON", "GetOpenAPISpec", "GetOpenAPISpecJSON", "RawSpec", "PathToRawSpec":
			t.Errorf("%s: the document is embedded outside of package api", name.Name)
		}
		return true
	})
}

func TestGeneratedCode_Names(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"LocationId": "Location Id", "LocationID": "Location ID", "IDUrl": "ID Url", "GetContactsByBusinessIDParams": "Get Contacts By Business ID Params",
		"FBEventID": "FB Event ID", "Fbclid": "Fbclid", "Address1": "Address1", "JSON200": "JSON200",
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(words(name), " "); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// The generator is a tool. No user of the library builds it, and only tests and the fake build
// kin-openapi.
func TestGeneratedCode_Dependencies(t *testing.T) {
	t.Parallel()
	const module = "github.com/highlevel-contacts/contacts-go/"
	tests := []struct{ pkg, forbidden string }{
		{"./...", "github.com/oapi-codegen/oapi-codegen/"},
		{"./api", "github.com/getkin/kin-openapi/"},
		{"./gen", "github.com/getkin/kin-openapi/"},
		{"./client", "github.com/getkin/kin-openapi/"},
		{"./gen", module + "api"},
		{"./client", module + "api"},
	}
	for _, tt := range tests {
		t.Run(tt.pkg+" without "+tt.forbidden, func(t *testing.T) {
			t.Parallel()
			list := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", tt.pkg)
			list.Dir = ".."
			out, err := list.Output()
			if err != nil {
				t.Fatal(err)
			}
			packages := strings.Fields(string(out))
			if !slices.ContainsFunc(packages, func(path string) bool { return strings.HasPrefix(path, module) }) {
				t.Fatalf("go list returned nothing for %s", tt.pkg)
			}
			for _, path := range packages {
				if strings.HasPrefix(path, tt.forbidden) {
					t.Errorf("%s is a dependency", path)
				}
			}
		})
	}
}

// words splits a name between a lower-case letter or digit and a capital letter, and before the
// last of several capital letters.
func words(name string) []string {
	var out []string
	runes, start := []rune(name), 0
	for i := 1; i < len(runes); i++ {
		endOfWord := unicode.IsUpper(runes[i]) && !unicode.IsUpper(runes[i-1])
		endOfRun := unicode.IsUpper(runes[i]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if endOfWord || endOfRun {
			out = append(out, string(runes[start:i]))
			start = i
		}
	}
	return append(out, string(runes[start:]))
}
