package onboarding

import (
	"context"
	"encoding/json"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Faults of connections.
const (
	// CodeConnectionInvalid: a detail of a connection makes no sense.
	CodeConnectionInvalid fault.Code = "connection.invalid"
	// CodeConnectionSettings: the settings do not fit the connector's schema.
	CodeConnectionSettings fault.Code = "connection.settings_invalid"
	// CodeConnectionCredentials: the credentials do not fit the connector's schema.
	CodeConnectionCredentials fault.Code = "connection.credentials_invalid"
	// CodeDuplicateAccount: another connection of the merchant reaches the same account.
	CodeDuplicateAccount fault.Code = "connection.duplicate_account"
	// CodeAccountChanged: the credentials belong to another account than before.
	CodeAccountChanged fault.Code = "connection.account_changed"
)

// NewConnection is what must be known of a connection.
type NewConnection struct {
	// ID is empty for a new one. A connection that has this id already is
	// returned as it is, so that a request may be repeated.
	ID          string
	MerchantID  string
	Connector   string
	Label       string
	Settings    json.RawMessage
	Credentials json.RawMessage
}

// CreateConnection keeps a connection with its credentials sealed. Whether it
// works is what Verify finds out.
func (s *Service) CreateConnection(ctx context.Context, in NewConnection, by string) (ports.ConnectionRecord, error) {
	description, err := s.description(in.Connector)
	if err != nil {
		return ports.ConnectionRecord{}, err
	}
	id, err := s.identity(in.ID, "connection-")
	if err != nil {
		return ports.ConnectionRecord{}, err
	}
	now := s.now()
	record := ports.ConnectionRecord{Connection: merchant.Connection{
		ID: id, MerchantID: in.MerchantID, Connector: in.Connector, Label: in.Label,
		State: merchant.Unverified, CreatedAt: now, UpdatedAt: now,
	}}
	settings := orEmpty(in.Settings)
	change := ConnectionChange{Label: &in.Label, Settings: settings, Credentials: orEmpty(in.Credentials)}
	if err := s.apply(ctx, change, description, &record); err != nil {
		return ports.ConnectionRecord{}, err
	}
	created := act{merchant: in.MerchantID, by: by, name: "connection.created", subject: id, detail: in.Connector}
	err = s.update(ctx, created, func(ctx context.Context, tx ports.Tx) error {
		if _, err := tx.Merchants().Get(ctx, in.MerchantID); err != nil {
			return err
		}
		return tx.Connections().Create(ctx, record)
	})
	if fault.CodeOf(err) == ports.CodeExists {
		return s.Connection(ctx, id)
	}
	return record, err
}

// ConnectionChange is what to change of a connection; nil leaves a part as it is.
type ConnectionChange struct {
	Label       *string
	Settings    json.RawMessage
	Credentials json.RawMessage
}

// UpdateConnection changes a connection, which must be verified again unless
// only its label changed. Settings and credentials are replaced as a whole.
func (s *Service) UpdateConnection(ctx context.Context, id string, change ConnectionChange, by string) (ports.ConnectionRecord, error) {
	record, err := s.Connection(ctx, id)
	if err != nil {
		return ports.ConnectionRecord{}, err
	}
	description, err := s.describe(record.Connection)
	if err != nil {
		return ports.ConnectionRecord{}, err
	}
	if err := s.apply(ctx, change, description, &record); err != nil {
		return ports.ConnectionRecord{}, err
	}
	changed := act{merchant: record.MerchantID, by: by, name: "connection.changed", subject: id, detail: change.parts()}
	err = s.update(ctx, changed, func(ctx context.Context, tx ports.Tx) error {
		current, err := tx.Connections().Get(ctx, id)
		if err != nil {
			return err
		}
		record = merged(current, record, change, s)
		return tx.Connections().Save(ctx, record)
	})
	if err == nil && change.Credentials != nil {
		s.parts.Tokens.Forget(id, "")
	}
	return record, err
}

// merged puts the changed parts into the record as it is now.
func merged(current, changed ports.ConnectionRecord, change ConnectionChange, s *Service) ports.ConnectionRecord {
	current.UpdatedAt = s.now()
	if change.Label != nil {
		current.Label = changed.Label
	}
	if change.Settings != nil {
		current.Settings = changed.Settings
		switch current.State {
		case merchant.Disconnected, merchant.ConsentNeeded: // settings do not bring back what is missing
		case merchant.Unverified, merchant.Verified, merchant.Failing:
			current.State = merchant.Unverified
		}
	}
	if change.Credentials != nil {
		current.Credentials, current.State = changed.Credentials, merchant.Unverified
	}
	return current
}

func (c ConnectionChange) parts() string {
	said := ""
	for _, part := range []struct {
		name    string
		changed bool
	}{{"label", c.Label != nil}, {"settings", c.Settings != nil}, {"credentials", c.Credentials != nil}} {
		if part.changed {
			said += " " + part.name
		}
	}
	return "changed:" + said
}

// apply checks a change and puts it into the record.
func (s *Service) apply(ctx context.Context, change ConnectionChange, description ports.Description, record *ports.ConnectionRecord) error {
	if change.Label != nil {
		if utf8.RuneCountInString(*change.Label) > 100 {
			return fault.Invalid(CodeConnectionInvalid, "label", "a label has at most 100 characters")
		}
		record.Label = *change.Label
	}
	if change.Settings != nil {
		if err := s.fits(CodeConnectionSettings, "settings", description.Settings, change.Settings); err != nil {
			return err
		}
		record.Settings = change.Settings
	}
	if change.Credentials == nil {
		return nil
	}
	if err := s.fits(CodeConnectionCredentials, "credentials", description.Credentials, change.Credentials); err != nil {
		return err
	}
	var texts map[string]string
	if json.Unmarshal(change.Credentials, &texts) != nil {
		return fault.Invalid(CodeConnectionCredentials, "credentials", "every credential is a text")
	}
	sealed, err := s.parts.Secrets.Seal(ctx, record.ID, change.Credentials)
	record.Credentials = sealed
	return err
}

// fits says in the words of the API where a document does not fit its schema.
func (s *Service) fits(code fault.Code, field string, schema, document json.RawMessage) error {
	err := s.parts.Schemas.Validate(schema, document)
	f := fault.Of(err)
	if f == nil || f.Source == fault.Connector {
		return err
	}
	if f.Field != "" {
		field += "." + f.Field
	}
	return fault.Invalid(code, field, f.Reason).WithRemedy("see GET /v1/connectors/{id} for what the connector asks for")
}

func orEmpty(document json.RawMessage) json.RawMessage {
	if document == nil {
		return json.RawMessage("{}")
	}
	return document
}

// Connection gives one connection.
func (s *Service) Connection(ctx context.Context, id string) (ports.ConnectionRecord, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (ports.ConnectionRecord, error) {
		return tx.Connections().Get(ctx, id)
	})
}

// Connections lists a merchant's connections by id.
func (s *Service) Connections(ctx context.Context, merchantID string, page ports.Page) ([]ports.ConnectionRecord, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) ([]ports.ConnectionRecord, error) {
		return tx.Connections().List(ctx, merchantID, page)
	})
}

// ShownSettings gives the settings of a connection without the secret ones.
func (s *Service) ShownSettings(record ports.ConnectionRecord) json.RawMessage {
	description, err := s.describe(record.Connection)
	if err != nil {
		return json.RawMessage("{}") // without a schema nobody knows which are secret
	}
	return withoutSecrets(description.Settings, record.Settings)
}

// describe gives the description of the version that serves a connection, which may be
// pinned to another than all others have; of one that nobody serves, theirs.
func (s *Service) describe(c merchant.Connection) (ports.Description, error) {
	if serving, err := s.parts.Catalogue.Serving(c.Connector, c.ID); err == nil {
		return serving.Describe(), nil
	}
	return s.description(c.Connector)
}

func (s *Service) description(connector string) (ports.Description, error) {
	for _, status := range s.parts.Catalogue.Status() {
		if status.Description.ID == connector {
			return status.Description, nil
		}
	}
	return ports.Description{}, fault.New(ports.CodeConnectorUnknown, fault.Validation, "no such connector is installed").
		WithField("connector").WithRemedy("see GET /v1/connectors for those that are")
}
