from lxml import etree
import xml.sax

# ruleid: python-xxe
parser = etree.XMLParser(resolve_entities=True)
# ruleid: python-xxe
tree = etree.fromstring(text, parser=etree.XMLParser(load_dtd=True, no_network=False))
# ruleid: python-xxe
sax.setFeature(xml.sax.handler.feature_external_ges, True)

# ok: python-xxe
parser = etree.XMLParser(resolve_entities=False)
# ok: python-xxe
tree = etree.parse(path)
# ok: python-xxe
sax.setFeature(xml.sax.handler.feature_external_ges, False)
