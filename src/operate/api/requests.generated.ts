// Generated from src/operate/*/shapes.ts by `npm run generate`. Do not edit.

import type { RequestSchemas } from './request-schemas.js';

export const REQUESTS: RequestSchemas = {
  "session": {
    "role": "none"
  },
  "signIn": {
    "role": "none",
    "body": {
      "anyOf": [
        {
          "type": "object",
          "required": [
            "token"
          ],
          "properties": {
            "token": {
              "type": "string"
            }
          },
          "additionalProperties": false
        },
        {
          "type": "object",
          "required": [
            "link"
          ],
          "properties": {
            "link": {
              "type": "string"
            }
          },
          "additionalProperties": false
        }
      ]
    }
  },
  "signOut": {
    "role": "read"
  },
  "signInLink": {
    "role": "read"
  },
  "audiences": {
    "role": "read",
    "query": {
      "type": "object",
      "properties": {
        "workspace": {
          "type": "string"
        }
      },
      "additionalProperties": false
    }
  },
  "connect": {
    "role": "read"
  },
  "connectDeed": {
    "role": "read",
    "query": {
      "type": "object",
      "required": [
        "id"
      ],
      "properties": {
        "id": {
          "type": "string",
          "maxLength": 100
        }
      },
      "additionalProperties": false
    }
  },
  "connectSegment": {
    "role": "write",
    "body": {
      "type": "object",
      "required": [
        "verb",
        "workspace",
        "token"
      ],
      "properties": {
        "verb": {
          "type": "string",
          "enum": [
            "look",
            "plan",
            "apply",
            "planUndo",
            "undo"
          ]
        },
        "workspace": {
          "type": "string",
          "pattern": "^[A-Za-z0-9_-]{1,64}$"
        },
        "region": {
          "type": "string",
          "enum": [
            "us",
            "eu"
          ]
        },
        "apiUrl": {
          "type": "string"
        },
        "trackingUrl": {
          "type": "string"
        },
        "source": {
          "type": "string"
        },
        "url": {
          "type": "string"
        },
        "secretKey": {
          "type": "string",
          "pattern": "^(env|file):."
        },
        "outbound": {
          "type": "boolean"
        },
        "token": {
          "type": "string",
          "minLength": 1
        }
      },
      "additionalProperties": false
    }
  },
  "connectOAuth": {
    "role": "write",
    "body": {
      "type": "object",
      "required": [
        "workspace",
        "clientId",
        "clientSecret",
        "redirectUri",
        "scope",
        "url"
      ],
      "properties": {
        "workspace": {
          "type": "string",
          "pattern": "^[A-Za-z0-9_-]{1,64}$"
        },
        "clientId": {
          "type": "string",
          "minLength": 1
        },
        "clientSecret": {
          "type": "string",
          "minLength": 1
        },
        "redirectUri": {
          "type": "string"
        },
        "scope": {
          "type": "string"
        },
        "url": {
          "type": "string"
        },
        "source": {
          "type": "string"
        },
        "install": {
          "type": "string"
        },
        "authorizeUrl": {
          "type": "string"
        },
        "tokenUrl": {
          "type": "string"
        },
        "configUrl": {
          "type": "string"
        },
        "pkce": {
          "type": "boolean"
        }
      },
      "additionalProperties": false
    }
  },
  "connectStatsig": {
    "role": "write",
    "body": {
      "type": "object",
      "required": [
        "verb",
        "workspace"
      ],
      "properties": {
        "verb": {
          "type": "string",
          "enum": [
            "look",
            "plan",
            "apply",
            "planUndo",
            "undo"
          ]
        },
        "workspace": {
          "type": "string",
          "pattern": "^[A-Za-z0-9_-]{1,64}$"
        },
        "token": {
          "type": "string",
          "minLength": 1
        },
        "apiUrl": {
          "type": "string"
        },
        "url": {
          "type": "string"
        },
        "signingSecret": {
          "type": "string"
        },
        "create": {
          "type": "boolean"
        }
      },
      "additionalProperties": false
    }
  },
  "connectRudderstack": {
    "role": "write",
    "body": {
      "type": "object",
      "required": [
        "verb",
        "workspace",
        "url"
      ],
      "properties": {
        "verb": {
          "type": "string",
          "enum": [
            "look",
            "plan",
            "apply",
            "planUndo",
            "undo"
          ]
        },
        "workspace": {
          "type": "string",
          "pattern": "^[A-Za-z0-9_-]{1,64}$"
        },
        "config": {
          "type": "string"
        },
        "url": {
          "type": "string"
        },
        "transformerUrl": {
          "type": "string"
        },
        "dataPlaneUrl": {
          "type": "string"
        },
        "byWorkspace": {
          "type": "boolean"
        },
        "keepKeys": {
          "type": "boolean"
        }
      },
      "additionalProperties": false
    }
  },
  "goOnConnect": {
    "role": "write",
    "body": {
      "type": "object",
      "required": [
        "id",
        "verb"
      ],
      "properties": {
        "id": {
          "type": "string",
          "maxLength": 100
        },
        "verb": {
          "type": "string",
          "enum": [
            "plan",
            "apply",
            "planUndo",
            "undo"
          ]
        }
      },
      "additionalProperties": false
    }
  },
  "stopConnect": {
    "role": "write",
    "body": {
      "type": "object",
      "required": [
        "id"
      ],
      "properties": {
        "id": {
          "type": "string",
          "maxLength": 100
        }
      },
      "additionalProperties": false
    }
  },
  "deadLetters": {
    "role": "read",
    "query": {
      "type": "object",
      "properties": {
        "workspace": {
          "type": "string"
        },
        "target": {
          "type": "string"
        },
        "reason": {
          "type": "string"
        },
        "status": {
          "anyOf": [
            {
              "type": "number"
            },
            {
              "type": "string",
              "const": "none"
            }
          ]
        },
        "since": {
          "anyOf": [
            {
              "type": "string"
            },
            {
              "type": "number"
            }
          ]
        },
        "until": {
          "anyOf": [
            {
              "type": "string"
            },
            {
              "type": "number"
            }
          ]
        },
        "event": {
          "type": "string"
        },
        "user": {
          "type": "string"
        },
        "key": {
          "type": "string"
        },
        "after": {
          "type": "string"
        },
        "order": {
          "type": "string",
          "enum": [
            "newest",
            "oldest"
          ]
        },
        "limit": {
          "type": "integer",
          "minimum": 1
        }
      },
      "additionalProperties": false
    }
  },
  "deadLetterGroups": {
    "role": "read",
    "query": {
      "type": "object",
      "properties": {
        "workspace": {
          "type": "string"
        },
        "target": {
          "type": "string"
        },
        "reason": {
          "type": "string"
        },
        "status": {
          "anyOf": [
            {
              "type": "number"
            },
            {
              "type": "string",
              "const": "none"
            }
          ]
        },
        "since": {
          "anyOf": [
            {
              "type": "string"
            },
            {
              "type": "number"
            }
          ]
        },
        "until": {
          "anyOf": [
            {
              "type": "string"
            },
            {
              "type": "number"
            }
          ]
        },
        "event": {
          "type": "string"
        },
        "user": {
          "type": "string"
        }
      },
      "additionalProperties": false
    }
  },
  "previewDeadLetter": {
    "role": "read",
    "body": {
      "type": "object",
      "required": [
        "key"
      ],
      "properties": {
        "key": {
          "type": "string"
        }
      },
      "additionalProperties": false
    }
  },
  "redeliverDeadLetters": {
    "role": "write",
    "body": {
      "type": "object",
      "properties": {
        "workspace": {
          "type": "string"
        },
        "target": {
          "type": "string"
        },
        "reason": {
          "type": "string"
        },
        "status": {
          "anyOf": [
            {
              "type": "number"
            },
            {
              "type": "string",
              "const": "none"
            }
          ]
        },
        "since": {
          "anyOf": [
            {
              "type": "string"
            },
            {
              "type": "number"
            }
          ]
        },
        "until": {
          "anyOf": [
            {
              "type": "string"
            },
            {
              "type": "number"
            }
          ]
        },
        "event": {
          "type": "string"
        },
        "user": {
          "type": "string"
        },
        "keys": {
          "type": "array",
          "items": {
            "type": "string"
          }
        },
        "limit": {
          "type": "integer",
          "minimum": 1
        },
        "after": {
          "type": "string"
        },
        "redelivery": {
          "type": "string"
        }
      },
      "additionalProperties": false
    }
  },
  "dropDeadLetters": {
    "role": "write",
    "body": {
      "type": "object",
      "properties": {
        "workspace": {
          "type": "string"
        },
        "target": {
          "type": "string"
        },
        "reason": {
          "type": "string"
        },
        "status": {
          "anyOf": [
            {
              "type": "number"
            },
            {
              "type": "string",
              "const": "none"
            }
          ]
        },
        "since": {
          "anyOf": [
            {
              "type": "string"
            },
            {
              "type": "number"
            }
          ]
        },
        "until": {
          "anyOf": [
            {
              "type": "string"
            },
            {
              "type": "number"
            }
          ]
        },
        "event": {
          "type": "string"
        },
        "user": {
          "type": "string"
        },
        "keys": {
          "type": "array",
          "items": {
            "type": "string"
          }
        },
        "limit": {
          "type": "integer",
          "minimum": 1
        },
        "after": {
          "type": "string"
        },
        "redelivery": {
          "type": "string"
        }
      },
      "additionalProperties": false
    }
  },
  "redelivery": {
    "role": "read",
    "query": {
      "type": "object",
      "required": [
        "id"
      ],
      "properties": {
        "id": {
          "type": "string"
        }
      },
      "additionalProperties": false
    }
  },
  "deletions": {
    "role": "read"
  },
  "health": {
    "role": "none"
  },
  "healthz": {
    "role": "none"
  },
  "readyz": {
    "role": "none"
  },
  "readyzIngest": {
    "role": "none"
  },
  "live": {
    "role": "read",
    "query": {
      "type": "object",
      "properties": {
        "direction": {
          "type": "string",
          "enum": [
            "inbound",
            "outbound",
            "none"
          ]
        },
        "protocol": {
          "type": "string",
          "enum": [
            "segment",
            "tracking_api",
            "rudderstack",
            "rudderstack_source",
            "statsig",
            "operations",
            "none"
          ]
        },
        "workspace": {
          "type": "string",
          "maxLength": 200
        },
        "event": {
          "type": "string",
          "maxLength": 200
        },
        "outcome": {
          "type": "string",
          "maxLength": 200
        },
        "search": {
          "type": "string",
          "maxLength": 200
        },
        "limit": {
          "type": "integer",
          "minimum": 0,
          "maximum": 1000
        }
      },
      "additionalProperties": false
    }
  },
  "liveStream": {
    "role": "read",
    "query": {
      "type": "object",
      "properties": {
        "direction": {
          "type": "string",
          "enum": [
            "inbound",
            "outbound",
            "none"
          ]
        },
        "protocol": {
          "type": "string",
          "enum": [
            "segment",
            "tracking_api",
            "rudderstack",
            "rudderstack_source",
            "statsig",
            "operations",
            "none"
          ]
        },
        "workspace": {
          "type": "string",
          "maxLength": 200
        },
        "event": {
          "type": "string",
          "maxLength": 200
        },
        "outcome": {
          "type": "string",
          "maxLength": 200
        },
        "search": {
          "type": "string",
          "maxLength": 200
        },
        "limit": {
          "type": "integer",
          "minimum": 0,
          "maximum": 1000
        },
        "after": {
          "type": "string",
          "maxLength": 100
        }
      },
      "additionalProperties": false
    }
  },
  "liveNames": {
    "role": "read",
    "query": {
      "type": "object",
      "required": [
        "workspace"
      ],
      "properties": {
        "workspace": {
          "type": "string",
          "maxLength": 200
        }
      },
      "additionalProperties": false
    }
  },
  "liveEntry": {
    "role": "read",
    "query": {
      "type": "object",
      "required": [
        "id"
      ],
      "properties": {
        "id": {
          "type": "string",
          "maxLength": 100
        }
      },
      "additionalProperties": false
    }
  },
  "liveSamples": {
    "role": "read",
    "query": {
      "type": "object",
      "required": [
        "workspace"
      ],
      "properties": {
        "workspace": {
          "type": "string",
          "maxLength": 200
        },
        "source": {
          "type": "string",
          "enum": [
            "segment",
            "tracking-api",
            "rudderstack",
            "statsig"
          ]
        },
        "limit": {
          "type": "integer",
          "minimum": 1,
          "maximum": 200,
          "default": 100
        }
      },
      "additionalProperties": false
    }
  },
  "acknowledgeDamage": {
    "role": "write"
  },
  "dropWaiting": {
    "role": "write",
    "body": {
      "type": "object",
      "required": [
        "workspace",
        "target"
      ],
      "properties": {
        "workspace": {
          "type": "string"
        },
        "target": {
          "type": "string"
        }
      },
      "additionalProperties": false
    }
  },
  "overview": {
    "role": "read",
    "query": {
      "type": "object",
      "properties": {
        "workspace": {
          "type": "string",
          "maxLength": 100
        },
        "direction": {
          "type": "string",
          "enum": [
            "inbound",
            "outbound"
          ]
        },
        "target": {
          "type": "string",
          "maxLength": 100
        }
      },
      "additionalProperties": false
    }
  },
  "status": {
    "role": "read"
  },
  "settings": {
    "role": "read",
    "query": {
      "type": "object",
      "properties": {
        "workspace": {
          "type": "string"
        }
      },
      "additionalProperties": false
    }
  },
  "previewSettings": {
    "role": "read",
    "body": {
      "type": "object",
      "required": [
        "workspace",
        "version"
      ],
      "properties": {
        "workspace": {
          "type": "string"
        },
        "version": {
          "type": "string"
        },
        "changes": {
          "type": "array",
          "items": {
            "type": "object",
            "required": [
              "path"
            ],
            "properties": {
              "path": {
                "type": "array",
                "items": {
                  "anyOf": [
                    {
                      "type": "string"
                    },
                    {
                      "type": "number"
                    }
                  ]
                },
                "minItems": 1,
                "maxItems": 20
              },
              "value": {}
            },
            "additionalProperties": false
          },
          "maxItems": 200
        },
        "text": {
          "type": "string"
        },
        "sample": {
          "type": "object",
          "required": [
            "source",
            "body"
          ],
          "properties": {
            "source": {
              "type": "string",
              "enum": [
                "segment",
                "tracking-api",
                "rudderstack",
                "statsig"
              ]
            },
            "body": {}
          },
          "additionalProperties": false
        },
        "events": {
          "type": "integer",
          "minimum": 0,
          "maximum": 100
        }
      },
      "additionalProperties": false
    }
  },
  "saveSettings": {
    "role": "write",
    "body": {
      "type": "object",
      "required": [
        "workspace",
        "version"
      ],
      "properties": {
        "workspace": {
          "type": "string"
        },
        "version": {
          "type": "string"
        },
        "changes": {
          "type": "array",
          "items": {
            "type": "object",
            "required": [
              "path"
            ],
            "properties": {
              "path": {
                "type": "array",
                "items": {
                  "anyOf": [
                    {
                      "type": "string"
                    },
                    {
                      "type": "number"
                    }
                  ]
                },
                "minItems": 1,
                "maxItems": 20
              },
              "value": {}
            },
            "additionalProperties": false
          },
          "maxItems": 200
        },
        "text": {
          "type": "string"
        }
      },
      "additionalProperties": false
    }
  },
  "settingsHistory": {
    "role": "read",
    "query": {
      "type": "object",
      "properties": {
        "workspace": {
          "type": "string"
        },
        "id": {
          "type": "string"
        }
      },
      "additionalProperties": false
    }
  },
  "undoSettings": {
    "role": "write",
    "body": {
      "type": "object",
      "required": [
        "id",
        "version"
      ],
      "properties": {
        "id": {
          "type": "string"
        },
        "version": {
          "type": "string"
        }
      },
      "additionalProperties": false
    }
  },
  "samples": {
    "role": "read"
  },
  "tester": {
    "role": "read",
    "body": {
      "type": "object",
      "required": [
        "source",
        "body"
      ],
      "properties": {
        "source": {
          "type": "string",
          "enum": [
            "segment",
            "tracking-api",
            "rudderstack",
            "statsig"
          ]
        },
        "workspace": {
          "type": "string"
        },
        "body": {},
        "settings": {
          "type": "object",
          "additionalProperties": {}
        }
      },
      "additionalProperties": false
    }
  },
  "sendTested": {
    "role": "write",
    "body": {
      "type": "object",
      "required": [
        "source",
        "body"
      ],
      "properties": {
        "source": {
          "type": "string",
          "enum": [
            "segment",
            "tracking-api",
            "rudderstack",
            "statsig"
          ]
        },
        "workspace": {
          "type": "string"
        },
        "body": {}
      },
      "additionalProperties": false
    }
  }
};
