package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// known holds the differences between the two documents that api/NOTES.md explains.
type known struct {
	Sections []section  `yaml:"sections"`
	Names    []renaming `yaml:"names"`
}

// section is one table of NOTES.md.
type section struct {
	Title string `yaml:"title"`
	Rows  []row  `yaml:"rows"`
}

// row is one row of a table, and the facts that it explains.
type row struct {
	ID     string `yaml:"id"`
	Theirs string `yaml:"theirs"`
	Ours   string `yaml:"ours"`
	Why    string `yaml:"why"`
	Sure   string `yaml:"sure"`
	// Optional reports whether the facts may be absent, because the row is about parts that a
	// reduced document lacks.
	Optional bool     `yaml:"optional"`
	Facts    []string `yaml:"facts"`
}

// renaming is one row of the table of names.
type renaming struct {
	ID         string     `yaml:"id"`
	Operations orderedMap `yaml:"operations"`
	Schemas    orderedMap `yaml:"schemas"`
	New        []string   `yaml:"new"`
}

// orderedMap is a YAML mapping from a name to a list of names, in the order of the file.
type orderedMap []nameMapping

type nameMapping struct {
	theirs string
	ours   []string
}

func (m *orderedMap) UnmarshalYAML(node *yaml.Node) error {
	for i := 0; i+1 < len(node.Content); i += 2 {
		entry := nameMapping{theirs: node.Content[i].Value}
		if err := node.Content[i+1].Decode(&entry.ours); err != nil {
			return fmt.Errorf("names of %s: %w", entry.theirs, err)
		}
		*m = append(*m, entry)
	}
	return nil
}

func readKnown(file string) (*known, error) {
	content, err := os.ReadFile(file) //nolint:gosec // the path is the user's
	if err != nil {
		return nil, fmt.Errorf("read the known differences: %w", err)
	}
	var k known
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&k); err != nil {
		return nil, fmt.Errorf("read the known differences in %s: %w", file, err)
	}
	return &k, nil
}

// schemas returns the schemas of our document for each schema of the vendor's.
func (k *known) schemas() map[string][]string {
	all := map[string][]string{}
	for _, renaming := range k.Names {
		for _, name := range renaming.Schemas {
			all[name.theirs] = name.ours
		}
	}
	return all
}

// knownFact describes the row that explains a fact.
type knownFact struct {
	row      string
	optional bool
}

// facts returns all known facts. A fact that two rows list is an error.
func (k *known) facts() (map[string]knownFact, error) {
	all := map[string]knownFact{}
	for _, section := range k.Sections {
		for _, row := range section.Rows {
			for _, pattern := range row.Facts {
				for _, fact := range expand(pattern) {
					if other, twice := all[fact]; twice {
						return nil, fmt.Errorf("rows %s and %s both list %q", other.row, row.ID, fact)
					}
					all[fact] = knownFact{row.ID, row.Optional}
				}
			}
		}
	}
	return all, nil
}

// expand returns the facts that a pattern matches: <a|b> matches a and b.
func expand(pattern string) []string {
	before, rest, found := strings.Cut(pattern, "<")
	if !found {
		return []string{pattern}
	}
	choices, after, found := strings.Cut(rest, ">")
	if !found {
		return []string{pattern}
	}
	var all []string
	for choice := range strings.SplitSeq(choices, "|") {
		for _, tail := range expand(after) {
			all = append(all, before+choice+tail)
		}
	}
	return all
}
