package client

import (
	"context"
	"fmt"
	"strings"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// AddTags adds tags to a contact and returns all tags that the contact has afterwards. The API
// stores tags in lower case. A tag that the contact already has is not an error.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/add-tags
func (s *ContactsService) AddTags(ctx context.Context, id string, tags []string, opts ...CallOption) ([]string, error) {
	if err := checkTags(addTags, id, tags); err != nil {
		return nil, err
	}
	req, err := gen.NewAddTagsRequest(s.client.config.baseURL, id, gen.TagsRequest{Tags: tags})
	var result gen.AddTagsResult
	if err := s.client.send(ctx, addTags, req, err, &result, opts); err != nil {
		return nil, err
	}
	return result.Tags, nil
}

// RemoveTags removes tags from a contact and returns the tags that the contact has afterwards. A tag
// that the contact does not have is not an error.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/remove-tags
func (s *ContactsService) RemoveTags(ctx context.Context, id string, tags []string, opts ...CallOption) ([]string, error) {
	if err := checkTags(removeTags, id, tags); err != nil {
		return nil, err
	}
	req, err := gen.NewRemoveTagsRequest(s.client.config.baseURL, id, gen.TagsRequest{Tags: tags})
	var result gen.RemoveTagsResult
	if err := s.client.send(ctx, removeTags, req, err, &result, opts); err != nil {
		return nil, err
	}
	return result.Tags, nil
}

// checkTags checks the arguments of AddTags and RemoveTags.
func checkTags(op operation, id string, tags []string) error {
	if err := checkID(op, "contact", id); err != nil {
		return err
	}
	if len(tags) == 0 {
		return invalid(op, "tags: empty")
	}
	for i, tag := range tags {
		if strings.TrimSpace(tag) == "" {
			return invalid(op, fmt.Sprintf("tag %d: empty", i))
		}
	}
	return checkText(op, gen.TagsRequest{Tags: tags})
}
