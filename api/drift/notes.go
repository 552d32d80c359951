package main

import (
	"fmt"
	"strings"
)

// Each table of NOTES.md is between a begin marker, which contains its title, and an end marker.
const (
	beginMarker = "<!-- table made from differences.yaml by \"make notes\": "
	endMarker   = "<!-- end of table -->"
)

// writeNotes returns the page with new tables.
func writeNotes(page string, k *known) (string, error) {
	tables := map[string]string{"Names": namesTable(k.Names)}
	for _, section := range k.Sections {
		tables[section.Title] = section.table()
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(page, beginMarker)
		out.WriteString(before)
		if !found {
			break
		}
		title, rest, _ := strings.Cut(rest, " -->\n")
		table, isKnown := tables[title]
		if !isKnown {
			return "", fmt.Errorf("NOTES.md: differences.yaml has no section %q", title)
		}
		delete(tables, title)
		_, after, found := strings.Cut(rest, endMarker)
		if !found {
			return "", fmt.Errorf("NOTES.md: the table %q has no end marker", title)
		}
		out.WriteString(beginMarker + title + " -->\n" + table + endMarker)
		page = after
	}
	for title := range tables {
		return "", fmt.Errorf("NOTES.md: the section %q has no marker", title)
	}
	return out.String(), nil
}

func (s section) table() string {
	var out strings.Builder
	out.WriteString("| # | Vendor's document | Our document | Reason | Confidence |\n|---|---|---|---|---|\n")
	for _, r := range s.Rows {
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", r.ID, cell(r.Theirs), cell(r.Ours), cell(r.Why), r.Sure)
	}
	return out.String()
}

func namesTable(renamings []renaming) string {
	var out strings.Builder
	out.WriteString("| # | Vendor's document | Our document |\n|---|---|---|\n")
	for _, r := range renamings {
		var theirs, ours []string
		for _, m := range append(r.Operations, r.Schemas...) {
			theirs = append(theirs, code(m.theirs))
			for _, name := range m.ours {
				if name = code(name); len(ours) == 0 || ours[len(ours)-1] != name {
					ours = append(ours, name)
				}
			}
		}
		for _, name := range r.New {
			ours = append(ours, code(name))
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", r.ID, strings.Join(theirs, ", "), strings.Join(ours, ", "))
	}
	return out.String()
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
func code(name string) string { return "`" + name + "`" }
